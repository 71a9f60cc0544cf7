const { markdownTable } = require('../table');
const { RUNS } = require('./examine');
const { SESSIONS_EACH } = require('./rows');

const MEBIBYTE = 1_024 ** 2;

const inFull = (number) => number.toLocaleString('en-US');
const ms = (number) => number.toFixed(3);

const tableOf = ({ few, many, statements }) =>
  markdownTable([
    [
      '',
      `ms at ${inFull(few)}`,
      `ms at ${inFull(many)}`,
      'ratio',
      'p99 ms',
      'pages',
      'pages at full',
      'plan at full',
    ],
    ...statements.map(({ name, small, full, growth }) => [
      name,
      ms(small.median),
      ms(full.median),
      growth.toFixed(2),
      ms(full.p99),
      String(small.pages),
      String(full.pages),
      [...new Set(full.nodes)].join(', ') || 'nothing is looked for',
    ]),
  ]);

const sizeTable = (tables) =>
  markdownTable([
    ['', 'rows', 'MiB with indexes'],
    ...tables.map(({ name, rows, bytes }) => [name, inFull(rows), inFull(Math.round(bytes / MEBIBYTE))]),
  ]);

const reportOf = (results) => `# On a million users

\`npm run bench:scale\` measured this on ${results.date} and wrote this file: the statements of the hot paths with
${inFull(results.few)} users and ${inFull(results.few * SESSIONS_EACH)} sessions, and the same with ${inFull(results.many)} users and
${inFull(results.many * SESSIONS_EACH)} sessions. It fails when one of them reads a big table from end to end, or takes more
than ${results.most} times as long at full as it did before.

${results.machine.map(([name, value]) => `- ${name}: ${value}`).join('\n')}

${tableOf(results)}

## What lay in the tables at full

${sizeTable(results.tables)}

## How to read it

- Times are medians of ${RUNS} runs (and the 99th percentile at full), each with the values of somebody else, drawn at random,
  so that at full most of what is read lies in no cache of PostgreSQL’s. They hold the way to PostgreSQL and back over its
  socket, and no commit: what a run has changed is rolled back, outside of its time.
- Texts are the server’s own, out of \`dist/\`; each is prepared once on a connection, and its plan is the one that the prepared
  statement had after all runs, by EXPLAIN (ANALYZE, BUFFERS). \`pages\` are those of 8 KiB that this one run touched.
- The server made the schema, by its migrations. PostgreSQL is the embedded one with its default settings (128 MiB of shared
  buffers), after VACUUM ANALYZE.

\`npm run bench:scale -- --small\` tries it with ten times as many at full as before, in about a minute, and writes nothing.
`;

module.exports = { reportOf, tableOf };
