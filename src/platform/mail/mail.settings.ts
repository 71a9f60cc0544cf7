import { join } from 'node:path';
import { str } from 'envalid';
import { defineSettings, type SettingsOf } from '../config/settings';

export const mailSettings = defineSettings('mail', {
  variables: {
    SMTP_URL: str({ default: undefined }),
    MAIL_FROM: str({ default: 'Gatehouse <no-reply@localhost>' }),
  },
  secrets: ['SMTP_URL'],
  complete({ SMTP_URL, MAIL_FROM }, { complain }) {
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
    return { smtpUrl: smtp?.href, smtpHost: smtp?.host, from: MAIL_FROM };
  },
});

export type MailSettings = SettingsOf<typeof mailSettings>;

/** Where mail is kept when no SMTP server is configured. */
export const outboxOf = (dataDir: string): string => join(dataDir, 'outbox');
