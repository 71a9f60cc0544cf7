const { join } = require('node:path');
const { parseArgs } = require('node:util');
const { durableVersion, openDatabase } = require('./database');
const { runToTheEnd } = require('./end');
const { describeMachine } = require('./machine');
const { say } = require('./progress');
const { writeFormatted } = require('./results');
const { examine } = require('./scale/examine');
const { fill } = require('./scale/fill');
const { reportOf, tableOf } = require('./scale/report');
const { statementsOf } = require('./scale/statements');
const { startServer } = require('./server');

const SCALE = join(__dirname, 'SCALE.md');

/** People; each has three sessions. */
const FULL = [10_000, 1_000_000];
const SMALL = [2_000, 20_000];

/** A statement that takes so many times as long on a hundred times as much does not scale. */
const MOST_GROWTH = 3;

/** Reading all of a table with fewer rows costs nothing. */
const BIG_TABLE = 1_000;

async function main() {
  const { values: options } = parseArgs({ options: { small: { type: 'boolean', default: false } } });
  const results = await measureGrowth(options.small ? SMALL : FULL);
  console.log(`\n${tableOf(results)}\n`);
  if (!options.small) {
    await writeFormatted(SCALE, reportOf(results));
    console.log('Written to bench/SCALE.md');
  }
  refuseWhatGrows(results);
}

async function measureGrowth([few, many]) {
  say('Starting the server on a database of its own, for its schema');
  const { dataDir } = await startServer();
  const pool = openDatabase(dataDir);
  const machine = describeMachine(await durableVersion(pool));
  await fill(pool, 0, few);
  const small = await examineAll(pool, few);
  await fill(pool, few, many);
  const full = await examineAll(pool, many);
  const statements = [...small.keys()].map((name) => ({
    name,
    small: small.get(name),
    full: full.get(name),
    growth: full.get(name).median / small.get(name).median,
  }));
  const date = new Date().toISOString().slice(0, 10);
  return { few, many, machine, date, statements, tables: await sizes(pool), most: MOST_GROWTH };
}

/** Over one connection, so that all runs find the same prepared statement. */
async function examineAll(pool, people) {
  const client = await pool.connect();
  try {
    const results = new Map();
    for (const statement of statementsOf(people)) {
      results.set(statement.name, await examine(client, statement));
      say(`${people} people: ${statement.name}, ${results.get(statement.name).median.toFixed(3)} ms`);
    }
    return results;
  } finally {
    client.release(true);
  }
}

async function sizes(pool) {
  const { rows } = await pool.query(
    `SELECT relname AS name, reltuples::bigint::int AS rows, pg_total_relation_size(oid)::float8 AS bytes
       FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples >= ${BIG_TABLE}
      ORDER BY bytes DESC`,
  );
  return rows;
}

/** @throws Error naming all that grew too much, and all that reads a big table from end to end */
function refuseWhatGrows({ statements, tables }) {
  const big = new Set(tables.map(({ name }) => name));
  const wrong = statements.flatMap(({ name, full, growth }) => [
    ...full.scanned.filter((table) => big.has(table)).map((table) => `"${name}" reads all of ${table}`),
    ...(growth > MOST_GROWTH ? [`"${name}" takes ${growth.toFixed(1)} times as long`] : []),
  ]);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

runToTheEnd(main, 'The bench failed.');
