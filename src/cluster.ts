import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { clusterSettings } from './platform/cluster/cluster.settings';
import { sharesOf } from './platform/cluster/shares';
import { Workers } from './platform/cluster/workers';
import { readEnvironment } from './platform/config/environment';
import { Settings, type Environment } from './platform/config/settings';
import { logSettings } from './platform/logging/log.settings';

/** `npm run start:cluster`: the server on all cores of one machine, each worker a whole instance. */
async function main(): Promise<void> {
  const environment = readEnvironment();
  const settings = settingsIn(environment);
  const count = settings.of(clusterSettings).workers;
  const log = pino({ level: settings.of(logSettings).level, base: null });
  const workers = new Workers({
    program: join(__dirname, 'main.js'),
    count,
    environment: sharesOf(environment, count, availableParallelism()),
    warn: (line) => log.warn({ context: 'Cluster' }, line),
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => workers.end(signal));
  const well = await workers.run((greeting) => process.stdout.write(greeting));
  process.exit(well ? 0 : 1);
}

/** What is wrong is not told here: the first worker tells it, together with all else that is wrong. */
function settingsIn(environment: Environment): Settings {
  const definitions = [clusterSettings, logSettings];
  try {
    return Settings.read(environment, definitions);
  } catch {
    return Settings.read({}, definitions);
  }
}

void main();
