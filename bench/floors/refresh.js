const { createHash, randomBytes } = require('node:crypto');
const { Pool } = require('pg');
const { loop } = require('../load');
const { answer } = require('./answer');

/** The statement of `SessionsService.spend`, word for word but for the indentation. */
const SPEND = `
  WITH spent AS (
    UPDATE refresh_tokens t SET rotated_at = $3, successor = $4
      FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE t.token_hash = $1 AND t.rotated_at IS NULL AND s.id = t.session_id
       AND s.revoked_at IS NULL AND s.expires_at > $3 AND s.idle_expires_at > $3 AND u.disabled_at IS NULL
    RETURNING t.session_id
  ), grown AS (
    INSERT INTO refresh_tokens (token_hash, session_id, created_at) SELECT $2, session_id, $3 FROM spent
  ), seen AS (
    UPDATE sessions s
       SET last_seen_at = $3, idle_expires_at = $3::timestamptz + s.idle_ttl_ms * interval '1 ms'
      FROM spent WHERE s.id = spent.session_id
    RETURNING s.id, s.user_id AS "userId", s.expires_at AS "expiresAt"
  )
  SELECT * FROM seen`;

/** As long as a sealed token: nonce, tag and 47 characters. */
const SUCCESSOR = randomBytes(12 + 16 + 47);

let pool;
let hashes;
let statement;

/** A statement with a name is parsed and planned once for each connection, not at every call. */
function open({ connection, refreshTokens, isPrepared }) {
  statement = { text: SPEND, ...(isPrepared && { name: 'spend' }) };
  pool = new Pool(connection);
  hashes = refreshTokens.map((token) => createHash('sha256').update(token).digest());
  return true;
}

async function rotate(worker) {
  const next = randomBytes(32);
  const { rowCount } = await pool.query({
    ...statement,
    values: [hashes[worker], next, new Date(), SUCCESSOR],
  });
  if (rowCount !== 1) throw new Error('A rotation found no token');
  hashes[worker] = next;
}

answer({ open, run: (seconds) => loop(hashes.length, seconds, rotate) });
