const { readFileSync, readdirSync } = require('node:fs');
const os = require('node:os');

const TICKS_PER_SECOND = 100;
const isReadable = process.platform === 'linux';

/** Fields of proc(5) stat from the third on: what stands before is a name that may hold anything. */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

const sum = (numbers) => numbers.reduce((one, other) => one + Number(other), 0);

/** User and system time. */
const secondsOf = (stat) => sum(stat.slice(11, 13)) / TICKS_PER_SECOND;

/** That of children which have ended; PostgreSQL's come and go. */
const secondsOfEnded = (stat) => sum(stat.slice(13, 15)) / TICKS_PER_SECOND;

const secondsOfProcess = (pid) => secondsOf(statOf(pid));

function secondsOfFamily(pid) {
  const family = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ isHead: name === String(pid), stat: statOf(name) }))
    .filter(({ isHead, stat }) => stat && (isHead || stat[1] === String(pid)));
  return sum(family.map(({ isHead, stat }) => secondsOf(stat) + (isHead ? secondsOfEnded(stat) : 0)));
}

const secondsOfMachine = () =>
  sum(os.cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq)) / 1_000;

/** Our own process counts as the client's: it waits, and reads what is read here. */
const read = ({ server, postgres, client }) => ({
  server: secondsOfProcess(server),
  postgres: secondsOfFamily(postgres),
  client: secondsOfProcess(process.pid) + (client ? secondsOfProcess(client) : 0),
  machine: secondsOfMachine(),
});

/**
 * Runs the work. The result also says how many cores each process kept busy meanwhile, and how many what
 * else runs on the machine (on Linux).
 */
async function withCores(pids, work) {
  if (!isReadable) return work();
  const begun = performance.now();
  const before = read(pids);
  const result = await work();
  const after = read(pids);
  const seconds = (performance.now() - begun) / 1_000;
  const [server, postgres, client, machine] = Object.keys(after).map(
    (name) => (after[name] - before[name]) / seconds,
  );
  const others = Math.max(0, machine - server - postgres - client);
  return { ...result, cores: { server, postgres, client, others } };
}

/** Resident memory in MiB, or undefined where it can't be read. */
function residentMemory(pid) {
  if (!isReadable) return undefined;
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kibibytes) / 1_024;
}

module.exports = { residentMemory, withCores };
