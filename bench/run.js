const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { cleanUp } = require('./clean-up');
const { login } = require('./contests/login');
const { me } = require('./contests/me');
const { refresh } = require('./contests/refresh');
const { residentMemory } = require('./cpu');
const { addCrowd, durableVersion, openDatabase, postgresPid } = require('./database');
const { describeMachine } = require('./machine');
const { measure } = require('./measure');
const { registerPeople } = require('./people');
const { CONNECTIONS, CROWD, full, quick } = require('./plan');
const { say } = require('./progress');
const { reportOf } = require('./report');
const { startServer } = require('./server');
const { tableOf } = require('./table');
const { toHundredths } = require('./words');

const RESULTS = join(__dirname, 'RESULTS.md');

let isInterrupted = false;

async function main() {
  const isQuick = process.argv.includes('--quick');
  const isPatient = process.argv.includes('--patient');
  const results = await bench(isQuick ? quick : full, isPatient);
  for (const contest of results.contests) console.log(`\n${contest.title}\n\n${tableOf(contest)}`);
  console.log(`\nResident memory of Gatehouse after it: ${results.memory}`);
  console.log(`In the worst turn something else kept ${results.disturbance} busy`);
  if (isQuick) return;
  writeFileSync(RESULTS, reportOf(results));
  console.log('Written to bench/RESULTS.md');
}

async function bench(plan, isPatient) {
  say('Starting the server on a database of its own');
  const server = await startServer();
  const pool = openDatabase(server.dataDir);
  const machine = describeMachine(await durableVersion(pool));
  say(`Registering and signing in ${CONNECTIONS} people`);
  const people = await registerPeople(server.origin, CONNECTIONS);
  say(`Adding a crowd of ${CROWD} users and sessions`);
  await addCrowd(pool, CROWD);
  const contests = await holdContests(plan, isPatient, { server, people });
  const memory = inMebibytes(residentMemory(server.pid));
  const date = new Date().toISOString().slice(0, 10);
  return { contests, machine, memory, disturbance: disturbanceOf(contests), date };
}

async function holdContests(plan, isPatient, { server, people }) {
  const postgres = postgresPid(server.dataDir);
  const hold = (contest, lengths) => measure(contest, { ...lengths, isPatient }, postgres);
  return [
    await hold(await me({ server, people }), plan.me),
    await hold(await refresh({ server, people }), plan.refresh),
    await hold(login({ server, people }), plan.login),
  ];
}

const inMebibytes = (number) => (number === undefined ? 'unknown' : `${Math.round(number)} MiB`);

function disturbanceOf(contests) {
  const all = contests.flatMap(({ rows }) => rows.map(({ disturbance }) => disturbance));
  return all.includes(undefined) ? 'an unknown number of cores' : `${toHundredths(Math.max(...all))} cores`;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    isInterrupted = true;
    void cleanUp().then(() => process.exit(1));
  });
}

main()
  .catch((error) => {
    process.exitCode = 1;
    if (!isInterrupted) console.error(`\nThe bench failed; there is no result.\n${error.stack}`);
  })
  .finally(() => cleanUp().then(() => process.exit()));
