import { Module, type DynamicModule } from '@nestjs/common';
import { AuthModule } from './auth/auth.module';
import { authSettings } from './auth/auth.settings';
import type { SignInMethod } from './auth/sign-in-method';
import { HealthModule } from './health/health.module';
import { clusterSettings } from './platform/cluster/cluster.settings';
import { ConfigModule } from './platform/config/config.module';
import type { Settings, SettingsDefinition } from './platform/config/settings';
import { secretSettings } from './platform/crypto/app-secret';
import { DatabaseModule } from './platform/database/database.module';
import { databaseSettings } from './platform/database/database.settings';
import { hashingSettings } from './platform/hashing/hashing.settings';
import { frontEndSettings } from './platform/front-end/front-end.settings';
import { httpSettings } from './platform/http/http.settings';
import { logSettings } from './platform/logging/log.settings';
import { mailSettings } from './platform/mail/mail.settings';
import { PagesModule } from './pages/pages.module';
import { PlatformModule } from './platform/platform.module';
import { rateLimitSettings } from './platform/rate-limit/rate-limit.settings';
import { sessionSettings } from './sessions/session.settings';
import { signInMethods } from './sign-in-methods';

/** The settings of everything but the methods, which bring their own. */
const baseSettings = [
  clusterSettings,
  httpSettings,
  logSettings,
  databaseSettings,
  secretSettings,
  mailSettings,
  frontEndSettings,
  hashingSettings,
  rateLimitSettings,
  sessionSettings,
  authSettings,
] as const;

export const settingsOf = (methods: readonly SignInMethod[]): readonly SettingsDefinition<unknown>[] => [
  ...new Set([...baseSettings, ...methods.flatMap((method) => method.settings)]),
];

/** Composition root: the platform, the kernel and the ways to sign in. */
@Module({})
export class AppModule {
  static compose(settings: Settings, methods: readonly SignInMethod[] = signInMethods): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.provide(settings),
        PlatformModule,
        DatabaseModule,
        AuthModule.forMethods(methods),
        ...methods.map((method) => method.module),
        HealthModule,
        PagesModule.forMethods(methods),
      ],
    };
  }
}
