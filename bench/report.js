const { CONNECTIONS, CROWD } = require('./plan');
const { tableOf } = require('./table');
const { toHundredths } = require('./words');

const reportOf = ({ contests, machine, memory, disturbance, date }) => `# Results

\`npm run bench\` measured this on ${date} and wrote this file. Ratios hold better than numbers: another machine,
or another hour, moves both sides of a ratio and much less the ratio itself.

${machine.map(([name, value]) => `- ${name}: ${value}`).join('\n')}
- In the worst turn something else on the machine kept ${disturbance} busy

${contests.map((contest) => `## ${contest.title}\n\n${tableOf(contest)}`).join('\n\n')}

Resident memory of Gatehouse after all of this: ${memory}.

## How to read it

- \`/s\`: requests (or statements, or hashes) a second, the median of the rounds, and \`±\` half of what lies between
  the worst and the best round. Contestants take turns, and \`ours ÷ it\` compares the turns of one round.
- Latencies are medians of the rounds. ${CONNECTIONS} requests are in flight all the time, over as many connections.
- \`itself\`, \`PostgreSQL\` and \`client\` are the cores that the contestant's process, all of PostgreSQL and the
  sender of the requests kept busy. They share one machine: where the three sum up to its cores it is full. A
  process that answers runs on one core, so where \`itself\` is near 1.00 it is the limit; where the client's share
  is near 1.00, the client is.${clientShares(contests)}
- Every answer is checked to be 200. A run with one that is not has no result.
- The server is \`dist/main.js\` with default settings and \`LOG_LEVEL=warn\`. The floors run the same versions of
  Fastify, jsonwebtoken, pg and bcrypt, each in a process of its own, on the same PostgreSQL and the same tables,
  in which lie ${CROWD.toLocaleString('en-US')} more users and sessions.
- \`GET /auth/me\`: ${CONNECTIONS} sessions, each asked again and again with its own token. The floor reads the user alone;
  we ask in one statement whether the session lives and whether the user may have it, too.
- \`POST /auth/refresh\`: each connection rotates its own session's tokens, each worker of the floor those of
  another. The floor has no HTTP, no validation, no hashing and sealing of tokens and no signature.
- \`POST /auth/login\` waits for bcrypt: with ${CONNECTIONS} in flight its latency is mostly the queue before the cores.

## Again

\`npm ci && npm run bench\` in the project's root takes under three minutes; leave the machine alone meanwhile.
\`npm run bench -- --quick\` takes about 40 seconds and prints the tables without writing this file;
\`npm run bench -- --patient\` takes a turn again when something else kept more than a quarter of a core busy.
`;

function clientShares(contests) {
  const ours = contests.flatMap(({ rows }) => rows[0].cores ?? []);
  if (ours.length === 0) return '';
  const most = Math.max(...ours.map(({ client }) => client));
  return ` Beside Gatehouse it never had more than ${toHundredths(most)}.`;
}

module.exports = { reportOf };
