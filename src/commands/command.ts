import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule, settingsOf } from '../app.module';
import { readEnvironment } from '../platform/config/environment';
import { Settings } from '../platform/config/settings';
import { EmbeddedPostgres } from '../platform/database/embedded/embedded-postgres';
import { signInMethods } from '../sign-in-methods';

/** The application without its server: works beside running ones, and with none. */
export async function withApplication(work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const settings = Settings.read(readEnvironment(), settingsOf(signInMethods));
  const app = await NestFactory.createApplicationContext(AppModule.compose(settings), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  await work(app).finally(() => app.close());
}

/** Runs a command; where it fails, says what was not done and why. */
export function command(main: () => Promise<void>, undone: string): void {
  main().catch(async (error: Error) => {
    process.stderr.write(`${undone} ${error.message}\n`);
    await EmbeddedPostgres.releaseAll();
    process.exit(1);
  });
}
