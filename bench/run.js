const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { cleanUp } = require('./clean-up');
const { login } = require('./contests/login');
const { me } = require('./contests/me');
const { refresh } = require('./contests/refresh');
const { residentMemory } = require('./cpu');
const { addCrowd, durableVersion, openDatabase, postgresPid } = require('./database');
const { busyCores, describeMachine } = require('./machine');
const { measure } = require('./measure');
const { registerPeople } = require('./people');
const { CONNECTIONS, full, quick } = require('./plan');
const { say } = require('./progress');
const { reportOf, tableOf } = require('./report');
const { startServer } = require('./server');

const RESULTS = join(__dirname, 'RESULTS.md');

let interrupted = false;

async function main() {
  const isQuick = process.argv.includes('--quick');
  const report = await bench(isQuick ? quick : full);
  for (const contest of report.contests) console.log(`\n${contest.title}\n${tableOf(contest)}`);
  console.log(`\nResident memory of Gatehouse after it: ${report.memory?.toFixed(0)} MiB`);
  if (isQuick) return;
  writeFileSync(RESULTS, reportOf(report));
  console.log('Written to bench/RESULTS.md');
}

async function bench(plan) {
  const busy = await busyCores();
  say(`Before the start ${busy.toFixed(2)} cores are busy with something else`);
  say('Starting the server on a database of its own');
  const server = await startServer();
  const pool = openDatabase(server.dataDir);
  const machine = describeMachine(await durableVersion(pool));
  say(`Registering and signing in ${CONNECTIONS} people`);
  const people = await registerPeople(server.origin, CONNECTIONS);
  say(`Adding a crowd of ${plan.crowd} users and sessions`);
  await addCrowd(pool, plan.crowd);
  const postgres = postgresPid(server.dataDir);
  const contests = [];
  contests.push(await measure(await me({ server, people }), plan.me, postgres));
  contests.push(await measure(await refresh({ server, people }), plan.refresh, postgres));
  contests.push(await measure(login({ server, people }), plan.login, postgres));
  const memory = residentMemory(server.pid);
  const date = new Date().toISOString().slice(0, 10);
  return { contests, machine, memory, busy, date, connections: CONNECTIONS, crowd: plan.crowd };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    interrupted = true;
    void cleanUp().then(() => process.exit(1));
  });
}

main()
  .catch((error) => {
    process.exitCode = 1;
    if (!interrupted) console.error(`\nThe bench failed, and there is no result.\n${error.stack}`);
  })
  .finally(() => cleanUp().then(() => process.exit()));
