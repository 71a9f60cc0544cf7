import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { Mailer } from '../src/platform/mail/mailer';
import { bearer, GOOD_PASSWORD, register } from './support/builders';
import { freshDataDir } from './support/server-process';
import { useApp, type TestApp } from './support/test-app';

async function until<T>(look: () => T | undefined, seconds = 15): Promise<T> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    expect(performance.now()).toBeLessThan(deadline);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const change = (app: TestApp, token: string, currentPassword: string) =>
  app.http
    .post('/auth/change-password')
    .set(...bearer(token))
    .send({ currentPassword, newPassword: 'new-secure-password' });

describe('mail without an SMTP server', () => {
  const DATA_DIR = freshDataDir();
  const app = useApp({ environment: { DATA_DIR } });
  const outbox = join(DATA_DIR, 'outbox');

  it('[B24] goes to the outbox: a changed password is announced to its owner', async () => {
    const { email, token } = await register(app);
    await change(app, token, GOOD_PASSWORD).expect(200);
    const file = await until(() =>
      existsSync(outbox) ? readdirSync(outbox).find((name) => /\.eml$/.test(name)) : undefined,
    );
    const mail = await simpleParser(readFileSync(join(outbox, file)));
    expect(mail).toMatchObject({ subject: 'Your password was changed', to: { text: email } });
    expect(mail.text).not.toContain('new-secure-password');
    expect(statSync(join(outbox, file)).mode & 0o077).toBe(0);
  });

  it('is not written for a change that was refused', async () => {
    const before = readdirSync(outbox).length;
    const { token } = await register(app);
    await change(app, token, 'wrong-password').expect(401);
    const [{ count }] = await app.database.query(
      `SELECT count(*)::int FROM pgboss.job WHERE state < 'completed'`,
    );
    expect([count, readdirSync(outbox).length]).toEqual([0, before]);
  });

  it('that waits in the database can be read by nobody who has only the database', async () => {
    const mailer = app.nest.get(Mailer);
    await app.database.transaction(async (transaction) => {
      await mailer.send(
        { to: 'alice@example.com', subject: 'A subject', text: 'a secret link' },
        transaction,
      );
      const jobs = JSON.stringify(await transaction.query('SELECT * FROM pgboss.job'));
      expect(jobs).toContain('sealed');
      for (const secret of ['alice@example.com', 'A subject', 'a secret link'])
        expect(jobs).not.toContain(secret);
    });
  });

  it('is never sent when the transaction that it belongs to fails', async () => {
    const before = await app.database.query('SELECT count(*)::int FROM pgboss.job');
    const failing = app.database.transaction(async (transaction) => {
      await app.nest.get(Mailer).send({ to: 'a@example.com', subject: 'x', text: 'y' }, transaction);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await app.database.query('SELECT count(*)::int FROM pgboss.job')).toEqual(before);
  });
});

describe('mail through an SMTP server', () => {
  const received: ParsedMail[] = [];
  let refusals = 1;
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      void simpleParser(stream).then((mail) => {
        if (refusals-- > 0) return done(new Error('not now'));
        received.push(mail);
        done();
      });
    },
  });
  const environment: Record<string, string> = { MAIL_FROM: 'Gatehouse <no-reply@auth.example>' };
  beforeAll(async () => {
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    environment['SMTP_URL'] = `smtp://127.0.0.1:${(smtp.server.address() as { port: number }).port}`;
  });
  const app = useApp({ environment });
  afterAll(() => new Promise<void>((resolve) => smtp.close(resolve)));

  it('arrives once, also when the server refused it the first time', async () => {
    const { email, token } = await register(app);
    await change(app, token, GOOD_PASSWORD).expect(200);
    const mail = await until(() => received[0], 25);
    expect(mail.from?.text).toContain('no-reply@auth.example');
    expect(mail.to).toMatchObject({ text: email });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(received).toHaveLength(1);
  }, 40_000);
});
