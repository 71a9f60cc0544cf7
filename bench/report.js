const { CONNECTIONS, CROWD } = require('./plan');
const { markdownTable } = require('./table');
const { toHundredths } = require('./words');

/** All that was ever kept, as RESULTS.md. Sections say what their machine and day were where these differ. */
function reportOf(sections) {
  const newest = sections.reduce((one, other) => (other.date > one.date ? other : one));
  return `# Results

\`npm run bench\` measured this and wrote this file, last on ${newest.date}. Ratios hold better than numbers: another
machine, or another hour, moves both sides of a ratio and much less the ratio itself.

${machineList(newest)}

## What is promised, and what was measured

${goalTable(sections)}

${sections.map((section) => sectionOf(section, newest)).join('\n\n')}

${HOW_TO_READ}`;
}

const machineList = ({ machine }) => machine.map(([name, value]) => `- ${name}: ${value}`).join('\n');

const goalTable = (sections) =>
  markdownTable([
    ['contest', 'promise', 'goal', 'measured', ''],
    ...sections.flatMap(({ title, goals }) =>
      goals.map(({ promise, aim, measured, isMet }) => [title, promise, aim, measured, verdict(isMet)]),
    ),
  ]);

const verdict = (isMet) => (isMet ? 'met' : '**not met**');

const sectionOf = (section, newest) =>
  [
    `## ${section.title}`,
    ...section.tables.map(markdownTable),
    ...section.notes,
    ...(section.disturbance === null ? [] : [disturbanceOf(section)]),
    ...(isOf(newest, section) ? [] : [`Measured on ${section.date}:\n\n${machineList(section)}`]),
  ].join('\n\n');

const disturbanceOf = ({ disturbance }) =>
  `In the worst turn something else on the machine kept ${toHundredths(disturbance)} cores busy.`;

const isOf = (newest, { date, machine }) =>
  date === newest.date && JSON.stringify(machine) === JSON.stringify(newest.machine);

/** In short, for the terminal. */
const summaryOf = (sections) =>
  [
    ...sections.map((section) => [section.title, ...section.tables.map(markdownTable)].join('\n\n')),
    ...(sections.some(({ goals }) => goals.length > 0) ? [goalTable(sections)] : []),
  ].join('\n\n');

const HOW_TO_READ = `## How to read it

- \`/s\`: requests (or statements, or hashes) a second, the median of the rounds, and \`±\` half of what lies between
  the worst and the best round. Contestants take turns, and \`first ÷ it\` compares the turns of one round.
- Latencies are medians of the rounds. ${CONNECTIONS} requests are in flight all the time, over as many connections; the floors
  that hash have as many in flight as there are cores.
- \`MiB\` is the resident memory of the contestant's process after its last turn.
- \`itself\`, \`PostgreSQL\` and \`client\` are the cores that the contestant's process, all of PostgreSQL and the
  sender of the requests kept busy. They share one machine: where the three sum up to its cores it is full. A
  process that answers runs on one core, so where \`itself\` is near 1.00 it is the limit; where the client's share
  is near 1.00, the client is.
- The sender is the same for every contestant: raw sockets and just as much HTTP as is needed to find the end of an answer,
  in a process of its own. Every answer is looked at; a run with one that is not as it should be has no result.
- The server is \`dist/main.js\` with default settings but for \`LOG_LEVEL=warn\` and limits on what one address may do
  (\`LIMIT_ADDRESS_FAILURES\`, \`LIMIT_REGISTRATIONS\`, \`LIMIT_WALLET_NONCES\`), which are raised: the bench is one address.
  better-auth runs with NODE_ENV=production and without its rate limit, otherwise as it comes; its version is pinned in
  bench/package.json. The floors run the same versions of Fastify, jsonwebtoken, pg and bcrypt as the server. Each has a
  process of its own, on the same PostgreSQL, in whose tables lie ${CROWD.toLocaleString('en-US')} more users and sessions.

## Again

\`npm ci && npm run bench\` in the project's root takes under ten minutes; leave the machine alone meanwhile.
\`npm run bench -- --only me,refresh\` holds some of the contests and leaves the others' results as they are;
\`npm run bench -- --quick\` takes under two minutes and prints the tables without writing this file;
\`npm run bench -- --patient\` takes a turn again when something else kept more than a quarter of a core busy;
\`npm run bench -- --soak\` watches the memory under ten minutes of load (\`--minutes\`).
\`npm run bench:scale\` measures the statements on a million users: [SCALE.md](SCALE.md).
`;

module.exports = { reportOf, summaryOf };
