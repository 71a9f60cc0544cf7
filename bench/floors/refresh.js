const { createHash, randomBytes } = require('node:crypto');
const { Pool } = require('pg');
const { spendRefreshToken } = require('../../dist/sessions/session-statements');
const { loop } = require('../load');
const { answer } = require('../answer');

/** As long as what the server stores. */
const SEED = randomBytes(32);

let pool;
let hashes;

function open({ connection, refreshTokens }) {
  pool = new Pool(connection);
  hashes = refreshTokens.map((token) => createHash('sha256').update(token).digest());
  return true;
}

async function rotate(worker) {
  const next = randomBytes(32);
  const { rowCount } = await pool.query({
    name: spendRefreshToken.name,
    text: spendRefreshToken.text,
    values: [hashes[worker], next, new Date(), SEED, false],
  });
  if (rowCount !== 1) throw new Error('A rotation found no token');
  hashes[worker] = next;
}

answer({ open, run: (seconds) => loop(hashes.length, seconds, rotate) });
