import type { SignInMethod } from '../auth/sign-in-method';
import { PinLoginBody, PinRegisterBody } from './pin.dto';
import { NameExists } from './pin.errors';
import { PinAuthModule } from './pin-auth.module';
import { PinService } from './pin.service';
import { pinSettings } from './pin.settings';
import { PIN_STRATEGY } from './pin.strategy';

const shared = { contract: 'pin', marks: [['pin']] } as const;

export const pinMethod: SignInMethod = {
  name: 'pin',
  provider: 'pin',
  module: PinAuthModule,
  strategy: PIN_STRATEGY,
  settings: [pinSettings],
  credentials: { holder: PinService, secret: true },
  // A name alone is a PIN that was forgotten; beside an email it is nothing of ours.
  login: { ...shared, weakMarks: [['name']], body: PinLoginBody },
  register: { ...shared, body: PinRegisterBody, failures: [new NameExists()], registrar: PinService },
};
