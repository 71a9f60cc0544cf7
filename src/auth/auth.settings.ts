import { str } from 'envalid';
import { defineSettings, type SettingsOf } from '../platform/config/settings';

export const authSettings = defineSettings('auth', {
  variables: { REGISTRATION: str({ default: 'open', choices: ['open', 'closed'] }) },
  complete: ({ REGISTRATION }) => ({ registrationOpen: REGISTRATION === 'open' }),
});

export type AuthSettings = SettingsOf<typeof authSettings>;
