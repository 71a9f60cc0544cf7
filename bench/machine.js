const { statfsSync } = require('node:fs');
const os = require('node:os');
const { setTimeout: sleep } = require('node:timers/promises');

const TMPFS = 0x01021994;
const GIBIBYTE = 1_024 ** 3;

const describeMachine = (postgresVersion) => [
  ['CPU', `${os.cpus()[0].model.trim()}, ${os.availableParallelism()} cores`],
  ['Memory', `${Math.round(os.totalmem() / GIBIBYTE)} GiB`],
  ['Kernel', `${os.type()} ${os.release()}, ${os.arch()}`],
  ['Node', process.version.slice(1)],
  ['PostgreSQL', `${postgresVersion}, embedded, fsync, synchronous_commit and full_page_writes on`],
  [
    'Its data',
    isInMemory(os.tmpdir()) ? 'in memory (tmpfs): a commit costs less than on a disk' : 'on a disk',
  ],
];

const isInMemory = (directory) => process.platform === 'linux' && statfsSync(directory).type === TMPFS;

const times = () =>
  os
    .cpus()
    .map(({ times }) => times)
    .reduce(
      ({ idle, all }, core) => ({
        idle: idle + core.idle,
        all: all + Object.values(core).reduce((sum, time) => sum + time, 0),
      }),
      { idle: 0, all: 0 },
    );

/** How many cores were busy with whatever else runs here, over a second in which we do nothing. */
async function busyCores() {
  const before = times();
  await sleep(1_000);
  const after = times();
  const idle = (after.idle - before.idle) / (after.all - before.all);
  return (1 - idle) * os.cpus().length;
}

module.exports = { busyCores, describeMachine };
