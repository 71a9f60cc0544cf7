const { parseArgs } = require('node:util');
const { within } = require('./clean-up');
const { contests } = require('./contests');
const { addCrowd, durableVersion, openDatabase, postgresPid } = require('./database');
const { runToTheEnd } = require('./end');
const { describeMachine } = require('./machine');
const { registerPeople } = require('./people');
const { CONNECTIONS, CROWD, full, quick } = require('./plan');
const { say } = require('./progress');
const { reportOf, summaryOf } = require('./report');
const { keep, kept, writeResults } = require('./results');
const { startServer } = require('./server');
const { soak } = require('./soak');

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  patient: { type: 'boolean', default: false },
  only: { type: 'string' },
  soak: { type: 'boolean', default: false },
  minutes: { type: 'string', default: '10' },
};

async function main() {
  const { values: options } = parseArgs({ options: OPTIONS });
  const sections = options.soak ? [await soak(Number(options.minutes))] : await holdContests(options);
  console.log(`\n${summaryOf(sections)}`);
  if (options.quick) return;
  for (const section of sections) await keep(section);
  await writeResults(reportOf(kept([...contests.map(({ id }) => id), 'soak'])));
  console.log('\nWritten to bench/RESULTS.md');
}

async function holdContests({ quick: isQuick, patient: isPatient, only }) {
  const chosen = chosenContests(only);
  const plan = isQuick ? quick : full;
  const { machine, ...stage } = await setUp();
  const sections = [];
  for (const contest of chosen) {
    const conditions = { ...plan[contest.id], isPatient, ...stage };
    const result = await within(() => contest.hold(conditions));
    sections.push(sectionOf(contest, result, machine));
  }
  return sections;
}

/** @throws Error when one is named that there is not */
function chosenContests(only) {
  if (only === undefined) return contests;
  const ids = only.split(',');
  const unknown = ids.filter((id) => !contests.some((contest) => contest.id === id));
  if (unknown.length === 0) return contests.filter(({ id }) => ids.includes(id));
  throw new Error(`No contest is called ${unknown}; there are ${contests.map(({ id }) => id).join(', ')}`);
}

async function setUp() {
  say('Starting the server on a database of its own');
  const server = await startServer();
  const pool = openDatabase(server.dataDir);
  const machine = describeMachine(await durableVersion(pool));
  say(`Registering and signing in ${CONNECTIONS} people`);
  const people = await registerPeople(server.origin, CONNECTIONS);
  say(`Adding a crowd of ${CROWD} users and sessions`);
  await addCrowd(pool, CROWD);
  return { server, pool, people, machine, postgres: postgresPid(server.dataDir) };
}

const sectionOf = ({ id, title }, { rows, tables, goals, notes }, machine) => ({
  id,
  title,
  date: new Date().toISOString().slice(0, 10),
  machine,
  disturbance: disturbanceOf(rows),
  tables,
  goals,
  notes,
});

/** Null where nobody can say. */
function disturbanceOf(rows) {
  const all = rows.map(({ disturbance }) => disturbance);
  return all.length === 0 || all.includes(undefined) ? null : Math.max(...all);
}

runToTheEnd(main, 'The bench failed; there is no result.');
