import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startServer, type ServerProcess } from './support/server-process';
import { someEmail } from './support/builders';
import { freshDataDir } from './support/data-dir';
import { freshDatabase } from './support/database';
import { Mailbox, until } from './support/mailbox';

const PEOPLE = 200;
/** How long the mail server is away. */
const OUTAGE = Number(process.env['OUTAGE_SECONDS'] ?? 15) * 1_000;

describe('a mail server that is away', () => {
  it.concurrent(
    'under 200 requests, and a kill -9 in between: every mail arrives after it is back, once each',
    async () => {
      const [databaseUrl, port] = [await freshDatabase(), await freePort()];
      const environment = {
        DATABASE_URL: databaseUrl,
        APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO',
        PUBLIC_URL: 'http://one.example',
        SMTP_URL: `smtp://127.0.0.1:${port}`,
      };
      const people = Array.from({ length: PEOPLE }, () => someEmail());
      let server: ServerProcess = await startServer(environment);
      const began = performance.now();
      const took: number[] = [];
      const ask = async (email: string) => {
        const sent = performance.now();
        await server.http.post('/auth/magic-link').send({ email }).expect(200);
        took.push(performance.now() - sent);
      };
      for (const half of [people.slice(0, PEOPLE / 2), people.slice(PEOPLE / 2)]) {
        for (let turn = 0; turn < half.length; turn += 10)
          await Promise.all(half.slice(turn, turn + 10).map(ask));
        if (half[0] !== people[0]) continue;
        // In the middle of deliveries that fail.
        await server.end('SIGKILL');
        server = await startServer(environment);
      }
      // No request waited for a mail server that does not answer.
      expect(Math.max(...took)).toBeLessThan(5_000);
      expect(server.output()).toMatch(
        /Job mail .* failed \(Error ECONNECTION|Job mail .* failed \(.*ECONNREFUSED|Job mail .* failed \(.*ESOCKET/,
      );
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, OUTAGE - (performance.now() - began))));
      const mailbox = new Mailbox();
      await mailbox.open(port);
      await until(() => (mailbox.received.length >= PEOPLE ? true : undefined), 150);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(mailbox.received.map(({ address }) => address).sort()).toEqual(people.sort());
      await server.end();
      await mailbox.close();
    },
    300_000,
  );

  it.concurrent(
    'that takes more than a minute to say yes is sent one copy',
    async () => {
      const mailbox = new Mailbox();
      Object.assign(mailbox, { behaviour: 'is slow', slowness: 80_000 });
      const environment = {
        DATABASE_URL: await freshDatabase(),
        APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO',
        PUBLIC_URL: 'http://one.example',
        SMTP_URL: await mailbox.open(),
      };
      const [one, other] = [await startServer(environment), await startServer(environment)];
      const email = someEmail();
      await one.http.post('/auth/magic-link').send({ email }).expect(200);
      await mailbox.next(email, /sign-in/, 120);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect([mailbox.begun, mailbox.received.length]).toEqual([1, 0]);
      await Promise.all([one.end(), other.end()]);
      await mailbox.close();
    },
    200_000,
  );

  it.concurrent(
    'and one that hangs while the server is killed: the mail comes with the next start',
    async () => {
      const mailbox = new Mailbox();
      mailbox.behaviour = 'hangs';
      const environment = {
        DATABASE_URL: await freshDatabase(),
        APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO',
        PUBLIC_URL: 'http://one.example',
        SMTP_URL: await mailbox.open(),
      };
      const [server, email] = [await startServer(environment), someEmail()];
      await server.http.post('/auth/magic-link').send({ email }).expect(200);
      await until(() => (mailbox.begun > 0 ? true : undefined));
      await server.end('SIGKILL');
      mailbox.behaviour = 'accepts';
      const next = await startServer(environment);
      // A minute for the run of a process that is no more, and until the queue looks.
      await mailbox.next(email, /sign-in/, 120);
      await next.end();
      await mailbox.close();
    },
    200_000,
  );
});

describe('no mail server at all', () => {
  const SECRETS = { APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO', PUBLIC_URL: 'https://one.example' };
  const asked = async (environment: Record<string, string>) => {
    const DATA_DIR = freshDataDir();
    const server = await startServer({
      DATABASE_URL: await freshDatabase(),
      DATA_DIR,
      ...SECRETS,
      ...environment,
    });
    await server.http.post('/auth/magic-link').send({ email: someEmail() }).expect(200);
    const kept = await until(
      () => (/"Your sign-in link\\" is in the outbox[^"]*/.exec(server.output()) ?? [])[0],
    );
    const files = readdirSync(join(DATA_DIR, 'outbox')).filter((name) => name.endsWith('.eml'));
    await server.end();
    return { kept, files: files.length };
  };

  it('leaves the mail in the outbox, and its link and code in the log', async () => {
    const { kept, files } = await asked({});
    expect(kept).toMatch(/: https:\/\/one\.example\/magic-link\?token=ghm_[\w-]{43} , code \d{6}$/);
    expect(files).toBe(1);
  });

  it('[B77] in production leaves nothing in the log that signs in', async () => {
    const { kept, files } = await asked({ NODE_ENV: 'production', BCRYPT_COST: '10', HOST: '127.0.0.1' });
    expect(kept).toMatch(/is in the outbox$/);
    expect(files).toBe(1);
  });
});
