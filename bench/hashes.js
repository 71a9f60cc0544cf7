const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { startFloor } = require('./child');
const { bareContestant } = require('./contestant');

const CORES = require('node:os').availableParallelism();

/** As the server sizes its thread pool, so that hashes leave some threads free. */
const THREADS = CORES + 4;

const ARGON2_LIBRARIES = ['@node-rs/argon2', 'argon2'];
const BCRYPT = /^\$bcrypt-sha256\$v=2,t=2b,r=(\d+)\$/;
const ARGON2ID = /\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/;

/** How the server hashed what it stored for a person: the floor must do the same. */
async function costsOf(pool, { email }) {
  const { rows } = await pool.query(
    'SELECT p.hash FROM passwords p JOIN users u ON u.id = p.user_id WHERE u.email = $1',
    [email],
  );
  const [, cost] = BCRYPT.exec(rows[0].hash) ?? [];
  if (cost) return { algorithm: 'bcrypt', cost: Number(cost) };
  const [, memory, passes, lanes] = ARGON2ID.exec(rows[0].hash) ?? [];
  if (memory === undefined) throw new Error('A hash of an unknown kind was stored');
  const costs = { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  return { algorithm: 'argon2id', library: argon2Library(), ...costs };
}

/** The library that the server has, or undefined. */
const argon2Library = () =>
  ARGON2_LIBRARIES.find((name) => existsSync(join(__dirname, '..', 'node_modules', name, 'package.json')));

/** As many hashes at once as there are cores, and nothing else. */
async function bareHashes(costs) {
  const floor = startFloor('hash', { UV_THREADPOOL_SIZE: THREADS });
  return bareContestant({ name: nameOf(costs), floor }, costs);
}

const nameOf = ({ algorithm, cost, memory, passes }) =>
  algorithm === 'bcrypt'
    ? `bcrypt at cost ${cost} alone, ${CORES} in flight`
    : `argon2id (${Math.round(memory / 1_024)} MiB, ${passes} passes) alone, ${CORES} in flight`;

module.exports = { bareHashes, costsOf };
