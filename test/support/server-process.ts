import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { freshDataDir } from './data-dir';
import { NO_LIMITS } from './test-app';

const DIST = join(__dirname, '..', '..', 'dist');
const PATIENCE = 30_000;

/** The built server as a process of its own, started as a person would. */
export interface ServerProcess {
  readonly process: ChildProcess;
  readonly url: string;
  readonly http: ReturnType<typeof request>;
  /** All that it has printed so far. */
  output(): string;
  /** Sends a signal and waits for the end; the exit code, or the signal that ended it. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

type Environment = Record<string, string>;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const running = new Set<ChildProcess>();
afterAll(() => running.forEach((process) => process.kill('SIGKILL')));

function launch(
  environment: Environment,
  program = 'main',
  args: string[] = [],
): { process: ChildProcess; output: () => string } {
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  // A busy machine is no database that hangs.
  const defaults = { BCRYPT_COST: '4', DATABASE_TIMEOUT: '15s', DATA_DIR: freshDataDir(), ...NO_LIMITS };
  const env = { PATH, HOME, TMPDIR, LANG, ...defaults, ...environment };
  const child = spawn(process.execPath, [join(DIST, `${program}.js`), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: tmpdir(),
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  return { process: child, output: () => text };
}

const exitOf = (child: ChildProcess): Promise<number | NodeJS.Signals | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode ?? child.signalCode)
    : new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));

/** Starts a server, or a `cluster` of them, and waits until it says that it is up. */
export async function startServer(given: Environment, program = 'main'): Promise<ServerProcess> {
  const port = given['PORT'] ?? String(await freePort());
  const { process: child, output } = launch({ ...given, PORT: port }, program);
  const deadline = performance.now() + PATIENCE;
  while (!output().includes('Gatehouse is up')) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`It did not start:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const url = `http://127.0.0.1:${port}`;
  const end = (signal: NodeJS.Signals = 'SIGTERM') => {
    const ended = exitOf(child);
    child.kill(signal);
    return ended;
  };
  return { process: child, url, http: request(url), output, end };
}

/** Starts a server and does not wait for it. */
export function launchServer(given: Environment) {
  const { process: child, output } = launch(given);
  return { child, output, ended: exitOf(child) };
}

/** Starts a server that is expected to refuse; its exit code and what it said. */
export async function failToStart(
  given: Environment,
  program = 'main',
): Promise<{ code: unknown; output: string }> {
  const { process: child, output } = launch({ PORT: String(await freePort()), ...given }, program);
  return { code: await exitOf(child), output: output() };
}

/** Starts a built command and does not wait for it. */
export function launchCommand(name: string, given: Environment, args: string[] = []) {
  const { process: child, output } = launch(given, `commands/${name}`, args);
  return { child, output, ended: exitOf(child) };
}

/** Runs a built command to its end; what it said. */
export async function runCommand(name: string, given: Environment, args: string[] = []): Promise<string> {
  const { output, ended } = launchCommand(name, given, args);
  const code = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output()}`);
  return output();
}
