const { spawn } = require('node:child_process');
const { chmodSync, mkdtempSync, openSync, readFileSync, rmSync } = require('node:fs');
const { once } = require('node:events');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { atTheEnd } = require('./clean-up');
const { stopOrphan } = require('./database');

const MAIN = join(__dirname, '..', 'dist', 'main.js');
const HOST = '127.0.0.1';
const START_SECONDS = 60;
const STOP_SECONDS = 25;

/** Starts the built server as a newcomer would, on a data directory that goes with it. */
async function startServer(environment = {}) {
  const directory = makeDirectory();
  const port = await freePort();
  const log = join(directory, 'log');
  const child = spawnServer(directory, port, log, environment);
  const server = { origin: `http://${HOST}:${port}`, pid: child.pid, dataDir: directory };
  await untilHealthy(server, child).catch((error) => {
    throw new Error(`${error.message}\n${readFileSync(log, 'utf8')}`);
  });
  return server;
}

function makeDirectory() {
  // Short, because the path of a unix socket is limited.
  const directory = mkdtempSync(join(tmpdir(), 'gh-'));
  atTheEnd(() => rmSync(directory, { recursive: true, force: true }));
  // Where root may make no namespace PostgreSQL runs as another account, which must be able to enter.
  chmodSync(directory, 0o711);
  return directory;
}

async function freePort() {
  const probe = createServer().listen(0, HOST);
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

function spawnServer(directory, port, log, environment) {
  const output = openSync(log, 'a');
  const child = spawn(process.execPath, [MAIN], {
    // Not in the project's directory: its .env is of no concern here, nor is the rest of our environment.
    cwd: directory,
    env: { PATH: process.env.PATH, PORT: port, HOST, DATA_DIR: directory, LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', output, output],
  });
  const ended = once(child, 'exit');
  atTheEnd(async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(STOP_SECONDS * 1_000, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await stopOrphan(directory);
  });
  return child;
}

async function untilHealthy({ origin }, child) {
  const deadline = performance.now() + START_SECONDS * 1_000;
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    const answer = await fetch(`${origin}/auth/health`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error('The server did not start.');
}

module.exports = { startServer };
