import { Logger, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { EntitySchema } from 'typeorm';
import { databaseSettings, type DatabaseSettings } from './database.settings';
import { openDatabase } from './open-database';

const logger = new Logger('Database');

/** Modules name their entities by `TypeOrmModule.forFeature`; the data source closes with the application. */
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [databaseSettings.token],
      // The settings travel inside the options, which is all that the factory of the data source is given.
      useFactory: (settings: DatabaseSettings) =>
        ({ settings, autoLoadEntities: true, retryAttempts: 0 }) as object,
      dataSourceFactory: async (options) => {
        const { settings, entities } = options as unknown as {
          settings: DatabaseSettings;
          entities: EntitySchema[];
        };
        return openDatabase(settings, entities, (step) => logger.log(step));
      },
    }),
  ],
})
export class DatabaseModule {}
