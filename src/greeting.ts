import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { databaseSettings, type DatabaseSettings } from './platform/database/database.settings';
import { httpSettings, type HttpSettings } from './platform/http/http.settings';
import { mailSettings, outboxOf, type MailSettings } from './platform/mail/mail.settings';

/** What a person sees once the server is up: where things are, and what to try first. */
export function greeting(app: NestFastifyApplication): string {
  const { publicUrl } = app.get<HttpSettings>(httpSettings.token);
  const { smtpHost } = app.get<MailSettings>(mailSettings.token);
  const { url, dataDir } = app.get<DatabaseSettings>(databaseSettings.token);
  return `
Gatehouse is up.
  listens on   ${publicUrl}
  API page     ${publicUrl}/docs
  database     ${url ? 'PostgreSQL, by DATABASE_URL' : `PostgreSQL, embedded, in ${dataDir}`}
  mail goes    ${smtpHost ? `through ${smtpHost}` : `to ${outboxOf(dataDir)}, one .eml file each`}

Try this first:
  curl -X POST ${publicUrl}/auth/register -H 'Content-Type: application/json' \\
    -d '{"email": "alice@example.com", "password": "secure-password-123", "name": "Alice"}'

Ctrl-C ends it.
`;
}
