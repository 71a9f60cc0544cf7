import { SigningKeys } from '../sessions/signing-keys';
import { command, withApplication } from './command';

/** `npm run keys:rotate`; with `-- --now` for a key that has leaked. */
async function main(): Promise<void> {
  const immediately = process.argv.includes('--now');
  await withApplication(async (app) => {
    const { kid, signsFrom } = await app.get(SigningKeys).rotate(immediately);
    const fate = immediately
      ? 'The old keys are good for nothing from now on; running servers are told.'
      : 'The old keys stay published until the last token that they signed has expired.';
    process.stdout.write(`New key ${kid}, signing from ${signsFrom.toISOString()}. ${fate}\n`);
  });
}

command(main, 'The keys were not rotated.');
