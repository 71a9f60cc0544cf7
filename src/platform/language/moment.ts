import type { Language } from './language';

/** A point in time for people, as in "21 November 2026 at 14:02 UTC". */
export const moment = (at: Date, language: Language): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(at) + ' UTC';
