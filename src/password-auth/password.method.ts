import type { SignInMethod } from '../auth/sign-in-method';
import { LoginBody } from './password.dto';
import { PasswordAuthModule } from './password-auth.module';
import { passwordSettings } from './password.settings';
import { PASSWORD_STRATEGY } from './password.strategy';

export const passwordMethod: SignInMethod = {
  name: 'password',
  provider: 'local',
  module: PasswordAuthModule,
  strategy: PASSWORD_STRATEGY,
  settings: [passwordSettings],
  login: { contract: 'wire', marks: [['email'], ['password']], body: LoginBody },
};
