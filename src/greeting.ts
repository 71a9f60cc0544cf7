import type { Settings } from './platform/config/settings';
import { databaseSettings } from './platform/database/database.settings';
import { httpSettings } from './platform/http/http.settings';
import { mailSettings, outboxOf } from './platform/mail/mail.settings';

/** What a person sees once the server is up: where things are, and what to try first. */
export function greeting(settings: Settings): string {
  const { publicUrl } = settings.of(httpSettings);
  const { smtpHost } = settings.of(mailSettings);
  const { url, dataDir } = settings.of(databaseSettings);
  return `
Gatehouse is up.
  listens on   ${publicUrl}
  API page     ${publicUrl}/docs
  database     ${url ? 'PostgreSQL, by DATABASE_URL' : `PostgreSQL, embedded, in ${dataDir}`}
  mail goes    ${smtpHost ? `through ${smtpHost}` : `to ${outboxOf(dataDir)}, one .eml file each; its links stand in the log`}

Try this first:
  curl -X POST ${publicUrl}/auth/register -H 'Content-Type: application/json' \\
    -d '{"email": "alice@example.com", "password": "secure-password-123", "name": "Alice"}'

Ctrl-C ends it.
`;
}
