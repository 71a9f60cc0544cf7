import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { AuditEvent } from '../platform/audit/audit-event.entity';
import { AuditTrail } from '../platform/audit/audit-trail';
import { Clock } from '../platform/clock/clock';
import { parseDuration } from '../platform/config/setting-types';
import { nameKey } from '../pin-auth/pin-name';
import { command, withApplication } from './command';

const USAGE = `npm run audit -- [--user …] [--since …] [--until …] [--action …] [--json]

  --user    an id (also of a deleted account), an email address, or the name that goes with a PIN
  --since   how long ago (90m, 24h, 7d) or a time (2026-01-31, 2026-01-31T12:00:00Z); --until likewise
  --action  registered, imported, signed_in, sign_in_failed, reauthentication_failed, secret_locked, secret_off,
            address_closed, session_revoked, credential_changed, identity_refused, mail_requested, email_verified,
            account_disabled, account_deleted
  --json    one JSON object a line
`;

/** `npm run audit`: lists what happened to accounts, oldest first. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      user: { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
      action: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  // Who reads on the other side may stop: `| head`.
  process.stdout.on('error', () => process.exit(0));
  await withApplication(async (app) => {
    const now = app.get(Clock).now();
    const query = {
      userId: values.user === undefined ? undefined : await idOf(values.user, app),
      since: values.since === undefined ? undefined : timeOf(values.since, now),
      until: values.until === undefined ? undefined : timeOf(values.until, now),
      action: values.action,
    };
    for await (const event of app.get(AuditTrail).list(query)) {
      const line = values.json ? JSON.stringify(event) : lineOf(event);
      if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    }
  });
}

/** An id is taken as it is: its account may be gone. */
async function idOf(user: string, app: INestApplicationContext): Promise<string> {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(user)) return user;
  const found = await app
    .get(DataSource)
    .query<{ id: string }[]>(
      `SELECT id FROM users WHERE email = lower($1) UNION SELECT user_id FROM pins WHERE name_key = $2`,
      [user, nameKey(user)],
    );
  if (!found[0]) throw new Error(`Nobody has the email address or PIN name "${user}".`);
  if (found[1]) {
    const ids = found.map(({ id }) => id).join(' and ');
    throw new Error(
      `"${user}" is the email address of one account and the PIN name of another; name one of ${ids}.`,
    );
  }
  return found[0].id;
}

function timeOf(text: string, now: Date): Date {
  const ago = parseDuration(text);
  const time = ago === undefined ? new Date(text) : new Date(now.getTime() - ago);
  if (Number.isNaN(time.getTime())) throw new Error(`"${text}" is no time: write 24h, 7d or 2026-01-31.`);
  return time;
}

function lineOf({ at, action, userId, sessionId, ip, userAgent, details }: AuditEvent): string {
  const facts = { user: userId, session: sessionId, ip, ...details, agent: userAgent };
  const told = Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${/\s/.test(String(value)) ? JSON.stringify(value) : String(value)}`);
  return [at.toISOString(), action.padEnd(23), ...told].join('  ');
}

command(main, 'The audit was not listed.');
