import { str } from 'envalid';
import { defineSettings, type SettingsOf } from '../config/settings';

export const logSettings = defineSettings('log', {
  variables: {
    LOG_LEVEL: str({
      default: 'info',
      choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    }),
  },
  complete: ({ LOG_LEVEL }) => ({ level: LOG_LEVEL }),
});

export type LogSettings = SettingsOf<typeof logSettings>;
