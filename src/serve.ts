import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, settingsOf } from './app.module';
import { configureApp, httpAdapter } from './configure-app';
import { greeting } from './greeting';
import { announce, whenAlone } from './platform/cluster/workers';
import { Settings, type Environment } from './platform/config/settings';
import { EmbeddedPostgres } from './platform/database/embedded/embedded-postgres';
import { httpSettings } from './platform/http/http.settings';
import { Jobs } from './platform/jobs/jobs';
import { PinoLogger } from './platform/logging/pino-logger';
import { signInMethods } from './sign-in-methods';

/** A start that is interrupted may come to its end within this time, to be ended in good order. */
const START_PATIENCE = 3_000;
/** When even the end does not come to an end. */
const END_PATIENCE = 90_000;

/** Starts the server; on SIGINT or SIGTERM it finishes requests, closes connections and stops its database. */
export async function serve(environment: Environment): Promise<void> {
  const started = start(environment);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(started));
  whenAlone(() => void end(started));
  await started;
}

async function start(environment: Environment): Promise<NestFastifyApplication> {
  let app: NestFastifyApplication | undefined;
  try {
    const settings = Settings.read(environment, settingsOf(signInMethods));
    app = await createApp(settings);
    const { port, host } = settings.of(httpSettings);
    await app.listen(port, host);
    app.get(Jobs).start();
    announce(greeting(settings));
    return app;
  } catch (error) {
    process.stderr.write(`\nGatehouse did not start. ${(error as Error).message}\n`);
    if (environment['LOG_LEVEL'] === 'debug') process.stderr.write(`${(error as Error).stack}\n`);
    await app?.close().catch(() => undefined);
    return leave(1);
  }
}

async function createApp(settings: Settings): Promise<NestFastifyApplication> {
  const adapter = httpAdapter(settings);
  const logger = new PinoLogger(adapter.getInstance().log);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.compose(settings), adapter, {
    bodyParser: false,
    abortOnError: false,
    logger,
  });
  await configureApp(app);
  return app;
}

let ending: Promise<void> | undefined;

/** Once: a Ctrl-C reaches us from the terminal and again through npm. */
function end(started: Promise<NestFastifyApplication>): Promise<void> {
  setTimeout(() => process.exit(1), END_PATIENCE).unref();
  ending ??= Promise.race([started, patience()]).then(async (app) => {
    await app
      ?.close()
      .catch((error: Error) => process.stderr.write(`It did not end well: ${error.message}\n`));
    await leave(app ? 0 : 1);
  });
  return ending;
}

const patience = () => new Promise<undefined>((resolve) => setTimeout(resolve, START_PATIENCE, undefined));

/** Also what a start that failed half-way has begun is ended. */
async function leave(code: number): Promise<never> {
  await EmbeddedPostgres.releaseAll();
  process.exit(code);
}
