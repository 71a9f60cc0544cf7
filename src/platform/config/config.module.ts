import { Module, type DynamicModule } from '@nestjs/common';
import type { Environment, SettingsDefinition, SettingsOf } from './settings';

/** Every setting that is wrong or missing, in one error, so that one start is enough to mend them all. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`These settings are wrong or missing:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

type ValuesOf<D extends readonly SettingsDefinition<unknown>[]> = { [K in keyof D]: SettingsOf<D[K]> };

@Module({})
export class ConfigModule {
  /**
   * Validates all settings at once and hands each subject its own.
   * @throws SettingsError naming every wrong or missing variable
   */
  static forRoot(
    environment: Environment,
    definitions: readonly SettingsDefinition<unknown>[],
  ): DynamicModule {
    const values = ConfigModule.read(environment, definitions);
    const providers = definitions.map(({ token }, index) => ({ provide: token, useValue: values[index] }));
    return { module: ConfigModule, global: true, providers, exports: providers };
  }

  /** @throws SettingsError naming every wrong or missing variable */
  static read<D extends readonly SettingsDefinition<unknown>[]>(
    environment: Environment,
    definitions: D,
  ): ValuesOf<D> {
    const problems: string[] = [];
    const complain = (variable: string, problem: string) => problems.push(`${variable} ${problem}`);
    const values = definitions.map((definition) => definition.read(environment, complain));
    if (problems.length > 0) throw new SettingsError(problems);
    return values as ValuesOf<D>;
  }
}
