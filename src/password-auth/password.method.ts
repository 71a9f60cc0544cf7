import type { SignInMethod } from '../auth/sign-in-method';
import { EmailExists } from '../users/user.errors';
import { LoginBody, RegisterBody } from './password.dto';
import { PasswordAuthModule } from './password-auth.module';
import { PasswordService } from './password.service';
import { passwordSettings } from './password.settings';
import { PASSWORD_STRATEGY } from './password.strategy';

export const passwordMethod: SignInMethod = {
  name: 'password',
  provider: 'local',
  module: PasswordAuthModule,
  strategy: PASSWORD_STRATEGY,
  settings: [passwordSettings],
  credentials: { holder: PasswordService, secret: true },
  login: { contract: 'wire', marks: [['email'], ['password']], body: LoginBody },
  register: {
    contract: 'wire',
    marks: [['password']],
    weakMarks: [['email']],
    body: RegisterBody,
    failures: [new EmailExists()],
    registrar: PasswordService,
  },
};
