const { statfsSync } = require('node:fs');
const os = require('node:os');

const TMPFS = 0x01021994;
const GIBIBYTE = 1_024 ** 3;

const describeMachine = (postgresVersion) => [
  ['CPU', `${os.cpus()[0].model.trim()}, ${os.availableParallelism()} cores`],
  ['Memory', `${Math.round(os.totalmem() / GIBIBYTE)} GiB`],
  ['Kernel', `${os.type()} ${os.release()}, ${os.arch()}`],
  ['Node', process.version.slice(1)],
  ['PostgreSQL', `${postgresVersion}, embedded, with fsync, synchronous_commit and full_page_writes on`],
  ['Its files', isInMemory(os.tmpdir()) ? 'in memory (tmpfs), where a commit costs too little' : 'on a disk'],
];

const isInMemory = (directory) => process.platform === 'linux' && statfsSync(directory).type === TMPFS;

module.exports = { describeMachine };
