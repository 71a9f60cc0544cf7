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

/** Where every server of one bench says it is, so that a token of one is good at all of them. */
const PUBLIC_URL = 'http://localhost:3000';

/**
 * What a bench does in a minute from one address is more than any person does: what refuses robots is raised.
 * All else is as it comes.
 */
const SETTINGS = {
  LOG_LEVEL: 'warn',
  PUBLIC_URL,
  LIMIT_ADDRESS_FAILURES: '1000000',
  LIMIT_REGISTRATIONS: '1000000',
  LIMIT_WALLET_NONCES: '1000000',
};

/**
 * Starts the built server as a newcomer would, on a data directory that goes with it; or on that of another
 * server, as one more instance.
 * @param beside the other server
 * @param required a module that the process loads first; it is asked by messages
 */
async function startServer({ settings = {}, beside, required } = {}) {
  const dataDir = beside?.dataDir ?? makeDirectory();
  const port = await freePort();
  const log = join(dataDir, `log-${port}`);
  const child = spawnServer({ dataDir, port, log, settings, required });
  if (!beside) atTheEnd(() => stopOrphan(dataDir));
  atTheEnd(() => stop(child));
  const origin = `http://${HOST}:${port}`;
  await untilHealthy(origin, child).catch((error) => {
    throw new Error(`${error.message}\n${readFileSync(log, 'utf8')}`);
  });
  return { origin, pid: child.pid, dataDir, askRequired: () => askRequired(child) };
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

function spawnServer({ dataDir, port, log, settings, required }) {
  const output = openSync(log, 'a');
  const flags = required ? ['--require', required] : [];
  return spawn(process.execPath, [...flags, MAIN], {
    // Not in the project's directory: its .env is of no concern here, nor is the rest of our environment.
    cwd: dataDir,
    env: { PATH: process.env.PATH, PORT: port, HOST, DATA_DIR: dataDir, ...SETTINGS, ...settings },
    stdio: ['ignore', output, output, ...(required ? ['ipc'] : [])],
  });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(STOP_SECONDS * 1_000, undefined, { ref: false })]);
  child.kill('SIGKILL');
}

/** Asks what was loaded first; it knows one question. */
async function askRequired(child) {
  child.send('?');
  const [answer] = await once(child, 'message');
  return answer;
}

async function untilHealthy(origin, child) {
  const deadline = performance.now() + START_SECONDS * 1_000;
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    const answer = await fetch(`${origin}/auth/health`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error('The server did not start.');
}

module.exports = { PUBLIC_URL, startServer };
