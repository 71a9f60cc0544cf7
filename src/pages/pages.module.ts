import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { SignInMethod } from '../auth/sign-in-method';
import type { MethodName } from '../sessions/method-name';
import { UsersModule } from '../users/users.module';
import { CallbackPage } from './callback.page';
import { MagicLinkPage } from './magic-link.page';
import { PageSetting } from './page-setting';
import { ResetPasswordPage } from './reset-password.page';
import { VerifyPage } from './verify.page';

/** Pages that a method needs. */
const pagesOf: Readonly<Partial<Record<MethodName, Type>>> = {
  password: ResetPasswordPage,
  'magic-link': MagicLinkPage,
};

/** The built-in front end: where mailed links and sign-ins by browser lead, unless FRONTEND_URL names another. */
@Module({})
export class PagesModule {
  static forMethods(methods: readonly SignInMethod[]): DynamicModule {
    const ofMethods = methods.filter(({ name }) => pagesOf[name]);
    return {
      module: PagesModule,
      imports: [UsersModule, ...ofMethods.map(({ module }) => module)],
      controllers: [VerifyPage, CallbackPage, ...ofMethods.flatMap(({ name }) => pagesOf[name] ?? [])],
      providers: [PageSetting],
    };
  }
}
