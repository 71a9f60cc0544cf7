import { str } from 'envalid';
import { defineSettings, type SettingsOf } from '../platform/config/settings';

export const passwordSettings = defineSettings('password', {
  variables: { REGISTRATION: str({ default: 'open', choices: ['open', 'closed'] }) },
  complete: ({ REGISTRATION }) => ({ registrationOpen: REGISTRATION === 'open' }),
});

export type PasswordSettings = SettingsOf<typeof passwordSettings>;
