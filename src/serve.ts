import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, settingsOf } from './app.module';
import { configureApp, httpAdapter } from './configure-app';
import { greeting } from './greeting';
import { ConfigModule, SettingsError } from './platform/config/config.module';
import type { Environment } from './platform/config/settings';
import { httpSettings, type HttpSettings } from './platform/http/http.settings';
import { PinoLogger } from './platform/logging/pino-logger';
import { signInMethods } from './sign-in-methods';

/** Requests under way are finished within this time after a signal; what takes longer is cut off. */
const GRACE = 20_000;

/** Starts the server; on SIGINT or SIGTERM it finishes requests, closes connections and stops its database. */
export async function serve(environment: Environment): Promise<void> {
  const started = start(environment);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(started));
  await started;
}

async function start(environment: Environment): Promise<NestFastifyApplication> {
  let app: NestFastifyApplication | undefined;
  try {
    ConfigModule.read(environment, settingsOf(signInMethods));
    app = await createApp(environment);
    const { port, host } = app.get<HttpSettings>(httpSettings.token);
    await app.listen(port, host);
    process.stdout.write(greeting(app));
    return app;
  } catch (error) {
    const { message, stack } = error as Error;
    process.stderr.write(`\nGatehouse did not start. ${error instanceof SettingsError ? message : stack}\n`);
    await app?.close();
    process.exit(1);
  }
}

async function createApp(environment: Environment): Promise<NestFastifyApplication> {
  const adapter = httpAdapter(environment);
  const logger = new PinoLogger(adapter.getInstance().log);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.compose(environment), adapter, {
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
  ending ??= started.then(async (app) => {
    setTimeout(() => process.exit(1), GRACE).unref();
    await app.close();
    process.exit(0);
  });
  return ending;
}
