import { Module, type DynamicModule } from '@nestjs/common';
import type { Settings } from './settings';

@Module({})
export class ConfigModule {
  /** Hands each subject its own settings: `@Inject(sessionSettings.token)`. */
  static provide(settings: Settings): DynamicModule {
    const providers = [...settings.values].map(([provide, useValue]) => ({ provide, useValue }));
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
