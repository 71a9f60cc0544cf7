import type { SignInMethod } from '../auth/sign-in-method';
import { LoginBody, RegisterBody } from './password.dto';
import { PasswordAuthModule } from './password-auth.module';
import { PasswordService } from './password.service';
import { passwordSettings } from './password.settings';
import { PASSWORD_STRATEGY } from './password.strategy';

const shared = { contract: 'wire', marks: [['email'], ['password']] } as const;

export const passwordMethod: SignInMethod = {
  name: 'password',
  provider: 'local',
  module: PasswordAuthModule,
  strategy: PASSWORD_STRATEGY,
  settings: [passwordSettings],
  login: { ...shared, body: LoginBody },
  register: { ...shared, body: RegisterBody, registrar: PasswordService },
};
