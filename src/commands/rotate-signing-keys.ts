import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule, settingsOf } from '../app.module';
import { readEnvironment } from '../platform/config/environment';
import { Settings } from '../platform/config/settings';
import { EmbeddedPostgres } from '../platform/database/embedded/embedded-postgres';
import { SigningKeys } from '../sessions/signing-keys';
import { signInMethods } from '../sign-in-methods';

/** `npm run keys:rotate`; with `-- --now` for a key that has leaked. */
async function main(): Promise<void> {
  const immediately = process.argv.includes('--now');
  const settings = Settings.read(readEnvironment(), settingsOf(signInMethods));
  const app = await NestFactory.createApplicationContext(AppModule.compose(settings), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  const { kid, signsFrom } = await app
    .get(SigningKeys)
    .rotate(immediately)
    .finally(() => app.close());
  const fate = immediately
    ? 'The old keys are good for nothing from now on; running servers follow within half a minute.'
    : 'The old keys stay published until the last token that they signed has expired.';
  process.stdout.write(`New key ${kid}, signing from ${signsFrom.toISOString()}. ${fate}\n`);
}

main().catch(async (error: Error) => {
  process.stderr.write(`The keys were not rotated. ${error.message}\n`);
  await EmbeddedPostgres.releaseAll();
  process.exit(1);
});
