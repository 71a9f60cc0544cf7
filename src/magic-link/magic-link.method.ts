import type { SignInMethod } from '../auth/sign-in-method';
import { MagicLinkModule } from './magic-link.module';
import { MagicLinkService } from './magic-link.service';
import { magicLinkSettings } from './magic-link.settings';
import { MAGIC_LINK_STRATEGY } from './magic-link.strategy';

export const magicLinkMethod: SignInMethod = {
  name: 'magic-link',
  provider: 'magic-link',
  module: MagicLinkModule,
  strategy: MAGIC_LINK_STRATEGY,
  settings: [magicLinkSettings],
  // What people have for it is their mailbox.
  credentials: { holder: MagicLinkService, secret: false },
};
