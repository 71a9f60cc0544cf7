const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
// The server's own, from the project's root, so that no floor stands on another version.
const { Pool } = require('pg');
const { atTheEnd } = require('./clean-up');

/** As many connections as the server has when nothing else is set. */
const POOL_SIZE = 10;
const STOP_SECONDS = 20;

/** How to reach the embedded PostgreSQL of a server that is running on this data directory. */
const connectionTo = (dataDir, database = 'gatehouse') => ({
  host: join(dataDir, 'postgres'),
  port: 5432,
  user: 'gatehouse',
  database,
  password: readFileSync(join(dataDir, 'postgres', 'password'), 'utf8'),
  max: POOL_SIZE,
});

function openDatabase(dataDir, database) {
  const pool = new Pool(connectionTo(dataDir, database));
  // After a Ctrl-C the database may be gone before we are.
  pool.on('error', () => undefined);
  atTheEnd(() => pool.end());
  return pool;
}

/**
 * The version, once it is certain that commits are on the disk before they are acknowledged.
 * @throws Error when they are not
 */
async function durableVersion(pool) {
  const { rows } = await pool.query(
    `SELECT name, setting FROM pg_settings
      WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'server_version')`,
  );
  const { server_version: version, ...durability } = Object.fromEntries(
    rows.map(({ name, setting }) => [name, setting]),
  );
  if (Object.values(durability).every((setting) => setting === 'on')) return version;
  throw new Error(`PostgreSQL is not durable: ${JSON.stringify(durability)}`);
}

/** What makes copies of a row others than the original, and what each of them is for. */
const OURS = [
  { table: 'users', changes: `'id', gen_random_uuid(), 'email', gen_random_uuid() || '@example.com'` },
  { table: 'sessions', each: 'users', changes: `'id', gen_random_uuid(), 'user_id', one.id` },
  {
    table: 'refresh_tokens',
    each: 'sessions',
    changes: `'token_hash', sha256(gen_random_uuid()::text::bytea), 'session_id', one.id`,
  },
];

/**
 * Fills the tables by copies of a row that is there. In tables of a few rows PostgreSQL reads all of them
 * instead of the index, until it analyses them in the middle of a round and changes its mind.
 */
async function addCrowd(pool, size, tables = OURS) {
  for (const { table, each = `generate_series(1, ${size})`, changes } of tables) {
    await pool.query(`
      INSERT INTO ${table}
      SELECT (jsonb_populate_record(original, jsonb_build_object(${changes}))).*
        FROM ${table} original, ${each} one
       WHERE original.ctid = (SELECT ctid FROM ${table} LIMIT 1) LIMIT ${size}`);
  }
  await pool.query('VACUUM ANALYZE');
}

/** The process id of the PostgreSQL on this data directory, or undefined. */
function postgresPid(dataDir) {
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

/** A server that was killed leaves its PostgreSQL behind. SIGINT is PostgreSQL's fast shutdown. */
async function stopOrphan(dataDir) {
  const pid = postgresPid(dataDir);
  if (pid === undefined) return;
  process.kill(pid, 'SIGINT');
  const deadline = performance.now() + STOP_SECONDS * 1_000;
  while (postgresPid(dataDir) === pid && performance.now() < deadline) await sleep(50);
}

module.exports = { addCrowd, connectionTo, durableVersion, openDatabase, postgresPid, stopOrphan };
