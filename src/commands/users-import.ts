import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { hashingSettings, type HashingSettings } from '../platform/hashing/hashing.settings';
import { SecretHasher } from '../platform/hashing/secret-hasher';
import { command, withApplication } from './command';
import { Accounts, forgetImport } from './users-import/accounts';
import type { Destination, Tally } from './users-import/destination';
import { readOptions, USAGE, type ImportOptions } from './users-import/import-options';
import { count, Progress } from './users-import/progress';
import { RefusedReport } from './users-import/refused-report';
import { Rehearsal } from './users-import/rehearsal';
import { RowReader } from './users-import/row-reader';
import { importUsers } from './users-import/user-import';

/** What a caller tells by it: all is done, and some rows were refused. */
const SOME_REFUSED = 2;

/** `npm run users:import`: takes over the accounts of another system. */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return void process.stdout.write(USAGE);
  const file = await stat(options.file).catch(() => undefined);
  if (!file?.isFile()) throw new Error(`${options.file} is no file.`);
  await withApplication(async (app) => {
    const { firebaseSignerKey } = app.get<HashingSettings>(hashingSettings.token);
    if (options.firebase && !firebaseSignerKey) throw new Error('FIREBASE_SIGNER_KEY is not set.');
    const progress = new Progress(process.stderr, file.size);
    const tally = await run(app, options, file, progress);
    process.stdout.write(summary(options, tally, progress.end()));
    if (tally.refused > 0) process.exitCode = SOME_REFUSED;
  });
}

async function run(
  app: INestApplicationContext,
  options: ImportOptions,
  file: Stats,
  progress: Progress,
): Promise<Tally> {
  const report = await RefusedReport.open(options.refused, file);
  try {
    const destination = await destinationOf(app, options, report);
    const reader = new RowReader(app.get(SecretHasher), options.firebase, app.get(Clock).now());
    return await importUsers(options, reader, destination, progress).finally(() => destination.end());
  } finally {
    await report.close();
  }
}

async function destinationOf(
  app: INestApplicationContext,
  options: ImportOptions,
  report: RefusedReport,
): Promise<Destination> {
  const database = app.get(DataSource);
  if (options.dryRun) return new Rehearsal(database, report);
  const importId = await identify(options);
  if (options.again) await forgetImport(database, importId);
  return new Accounts(database, app.get(Clock), importId, report);
}

/** The same for the same bytes read in the same way, wherever the file lies: that is what a resumed import goes by. */
async function identify({ file, format, firebase }: ImportOptions): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify({ format, firebase }));
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('base64url');
}

function summary({ file, refused, dryRun }: ImportOptions, tally: Tally, seconds: number): string {
  const told = tally.refused > 0 ? `; ${refused} tells why` : '';
  return `${file}: ${count(tally.rows)} rows, ${seconds.toFixed(1)} s
  ${dryRun ? 'would be imported' : 'imported'}  ${count(tally.imported)}
  ${dryRun ? 'would be refused' : 'refused'}  ${count(tally.refused)}${told}
`;
}

command(main, 'The import did not come to its end.');
