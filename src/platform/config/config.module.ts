import { Module, type DynamicModule } from '@nestjs/common';
import { Settings } from './settings';

@Module({})
export class ConfigModule {
  /** Hands each subject its own settings: `@Inject(sessionSettings.token)`. */
  static provide(settings: Settings): DynamicModule {
    const each = [...settings.values].map(([provide, useValue]) => ({ provide, useValue }));
    const providers = [...each, { provide: Settings, useValue: settings }];
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
