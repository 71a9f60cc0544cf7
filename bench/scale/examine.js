const { escapeLiteral } = require('pg');
const { median, percentile } = require('../statistics');

/** After five runs PostgreSQL decides whether to plan a prepared statement once for all values. */
const WARM_UP = 20;
const RUNS = 300;

/**
 * Runs a statement with other values each time, prepared, as the server has it. What it changes is rolled back, outside
 * of the time that is taken: a commit waits for the disk, however large the tables are.
 * @param client one connection to itself
 * @param isRight says of an answer whether the statement did what it is for
 * @returns milliseconds, and the plan that was used in the end
 */
async function examine(client, { name, make, isRight = ({ rowCount }) => rowCount > 0 }) {
  const run = async () => {
    const { text, values } = make();
    await client.query('BEGIN');
    const begun = performance.now();
    const answer = await client.query({ name, text, values });
    const took = performance.now() - begun;
    await client.query('ROLLBACK');
    if (!isRight(answer)) throw new Error(`"${name}" answers ${JSON.stringify(answer.rows)}`);
    return took;
  };
  for (let left = WARM_UP; left > 0; left--) await run();
  const times = [];
  while (times.length < RUNS) times.push(await run());
  return {
    median: median(times),
    p99: percentile(times, 0.99),
    ...(await planOf(client, name, make().values)),
  };
}

/** EXECUTE finds what was prepared over the wire by its name, so this is the very plan that the runs had. */
async function planOf(client, name, values) {
  await client.query('BEGIN');
  const { rows } = await client.query(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE "${name}" (${values.map(literal).join(', ')})`,
  );
  await client.query('ROLLBACK');
  const [{ Plan: plan }] = rows[0]['QUERY PLAN'];
  const nodes = nodesOf(plan);
  return {
    nodes: nodes.filter((node) => node['Node Type'].includes('Scan') && relationOf(node)).map(nodeInWords),
    scanned: nodes.filter((node) => node['Node Type'] === 'Seq Scan').map(relationOf),
    pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
  };
}

function literal(value) {
  if (value === null || value === undefined) return 'NULL';
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
  if (value instanceof Date) return `'${value.toISOString()}'`;
  if (Array.isArray(value)) return `'{${value.join(',')}}'`;
  return escapeLiteral(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

const nodesOf = (plan) => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

const relationOf = (node) => node['Relation Name'] ?? node['Index Name'];

/** An index by its name, a table that is read without one by its own. */
const nodeInWords = (node) => `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name']}`;

module.exports = { RUNS, examine };
