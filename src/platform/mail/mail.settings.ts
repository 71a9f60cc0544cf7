import { join } from 'node:path';
import { str } from 'envalid';
import { duration, wholeNumber } from '../config/setting-types';
import { defineSettings, type SettingsOf } from '../config/settings';

const MOST = 1_000_000;

export const mailSettings = defineSettings('mail', {
  variables: {
    SMTP_URL: str({ default: undefined }),
    MAIL_FROM: str({ default: 'Gatehouse <no-reply@localhost>' }),
    PLATFORM_NAME: str({ default: 'Gatehouse' }),
    LIMIT_MAILS_TO_ONE: wholeNumber(1, MOST)({ default: 5 }),
    LIMIT_MAILS_FROM_ADDRESS: wholeNumber(1, MOST)({ default: 30 }),
    LIMIT_MAILS_WINDOW: duration({ default: 60 * 60_000 }),
  },
  secrets: ['SMTP_URL'],
  complete({ SMTP_URL, MAIL_FROM, ...values }, { production, complain }) {
    const smtp = SMTP_URL && URL.canParse(SMTP_URL) ? new URL(SMTP_URL) : undefined;
    if (SMTP_URL && !/^smtps?:$/.test(smtp?.protocol ?? '')) {
      complain(
        'SMTP_URL',
        'must begin with smtp:// or smtps://, as in smtp://user:password@mail.example.com:587',
      );
    }
    if (!/^[^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>$|^[^\s<>@]+@[^\s<>@]+$/.test(MAIL_FROM)) {
      complain('MAIL_FROM', 'must be an address, as in Gatehouse <no-reply@example.com>');
    }
    return {
      smtpUrl: smtp?.href,
      smtpHost: smtp?.host,
      from: MAIL_FROM,
      platformName: values.PLATFORM_NAME,
      linksInLog: !smtp && !production,
      toOne: { most: values.LIMIT_MAILS_TO_ONE, window: values.LIMIT_MAILS_WINDOW },
      fromAddress: { most: values.LIMIT_MAILS_FROM_ADDRESS, window: values.LIMIT_MAILS_WINDOW },
    };
  },
});

export type MailSettings = SettingsOf<typeof mailSettings>;

/** Where mail is kept when no SMTP server is configured. */
export const outboxOf = (dataDir: string): string => join(dataDir, 'outbox');
