import 'reflect-metadata';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { readEnvironment } from './src/platform/config/environment';
import { Settings } from './src/platform/config/settings';
import { databaseSettings } from './src/platform/database/database.settings';
import { prepareDatabase } from './src/platform/database/open-database';

const settings = Settings.read(readEnvironment(), [databaseSettings]).of(databaseSettings);

/** For TypeORM's command line (`npm run migration:show`): the same database as the server's, not migrated by it. */
export const dataSource: Promise<DataSource> = prepareDatabase(
  settings,
  [join(__dirname, 'src/**/*.entity.ts')],
  (step) => process.stderr.write(`${step}\n`),
);
