const { milliseconds, range, rate, ratio } = require('./words');

const HEAD = [
  '',
  '/s',
  'spread',
  'ours ÷ it',
  'spread',
  'p50 ms',
  'p99 ms',
  'itself',
  'PostgreSQL',
  'client',
];
const HAS_NO_CORES = { server: NaN, postgres: NaN, client: NaN };

/** The table of one contest, in Markdown as Prettier would have it. */
function tableOf({ rows }) {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  const [head, ...body] = cells.map(line);
  return [head, rule, ...body].join('\n');
}

function cellsOf({ name, rate: rates, share, p50, p99, cores = HAS_NO_CORES }, index) {
  const isOurs = index === 0;
  return [
    name,
    rate(rates.median),
    range(rates, rate),
    isOurs ? '' : ratio(share.median),
    isOurs ? '' : range(share, ratio),
    milliseconds(p50),
    milliseconds(p99),
    ratio(cores.server),
    ratio(cores.postgres),
    ratio(cores.client),
  ];
}

function reportOf({ contests, machine, memory, busy, date, connections, crowd }) {
  return `# Results

Measured on ${date} by \`npm run bench\`, which writes this file. Ratios hold better than numbers: another
machine, or another hour, moves both sides of a ratio and not the ratio itself.

${machine.map(([name, value]) => `- ${name}: ${value}`).join('\n')}
- Busy with something else just before: ${ratio(busy)} cores

${contests.map((contest) => `## ${contest.title}\n\n${tableOf(contest)}`).join('\n\n')}

Resident memory of Gatehouse after all of this: ${memory === undefined ? 'unknown' : `${Math.round(memory)} MiB`}.

## How to read it

- Requests (or statements, or hashes) a second: the median of the rounds and their spread. Contestants take
  turns within a round, and \`ours ÷ it\` compares the turns of one round. Latencies are medians of the rounds.
- \`itself\`, \`PostgreSQL\` and \`client\` are the cores that the contestant's process, the whole of PostgreSQL and
  the client that sends the requests kept busy. All of them share the machine: where the sum comes near the
  number of cores the machine is full, and a client near 1.00 is itself the limit.
- ${connections} requests are in flight, over as many connections, each with a session of its own. In the tables lie
  ${crowd.toLocaleString('en-US')} users and sessions. Every answer is checked to be 200; a run with one that is not has no result.
- The server is \`dist/main.js\` with its default settings and \`LOG_LEVEL=warn\`. The floors run the same versions
  of Fastify, jsonwebtoken, pg and bcrypt, in processes of their own, on the same PostgreSQL and tables.
- \`GET /auth/me\` verifies a signature, as its floor does, and asks in one statement whether the session lives
  and the user may have it; the floor reads the user alone.
- The floor of \`POST /auth/refresh\` is the statement that spends a token and makes the next: no HTTP, no hashing
  or sealing of tokens, no signature.
- \`POST /auth/login\` waits for bcrypt: with ${connections} in flight its latency is mostly the queue before the cores.

## Again

\`npm run bench\` from the project's root, after \`npm ci\`: under three minutes. \`npm run bench -- --quick\` takes
about 40 seconds and prints the tables without writing this file. Leave the machine alone meanwhile.
`;
}

module.exports = { reportOf, tableOf };
