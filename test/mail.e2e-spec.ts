import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { simpleParser } from 'mailparser';
import type { Letter } from '../src/platform/mail/letter';
import { unlinkable } from '../src/platform/mail/letter-words';
import { Mailer } from '../src/platform/mail/mailer';
import { bearer, GOOD_PASSWORD, register } from './support/builders';
import { freshDataDir } from './support/data-dir';
import { until, useMailbox, type Behaviour } from './support/mailbox';
import { useApp, type TestApp } from './support/test-app';

const change = (app: TestApp, token: string, currentPassword: string) =>
  app.http
    .post('/auth/change-password')
    .set(...bearer(token))
    .send({ currentPassword, newPassword: 'new-secure-password' });

const letter: Letter = {
  subject: 'A subject',
  preview: 'A preview',
  parts: [{ paragraph: 'a secret paragraph' }, { button: 'Open', url: 'https://a.example/?token=secret' }],
};
const mail = { to: 'alice@example.com', language: 'en', letter } as const;

describe('mail without an SMTP server', () => {
  const DATA_DIR = freshDataDir();
  const app = useApp({ environment: { DATA_DIR } });
  const outbox = join(DATA_DIR, 'outbox');
  const files = () => (existsSync(outbox) ? readdirSync(outbox).filter((name) => name.endsWith('.eml')) : []);
  const read = async (subject: string) => {
    for (const file of files()) {
      const found = await simpleParser(readFileSync(join(outbox, file)));
      if (found.subject === subject) return { file, found };
    }
    return undefined;
  };

  it('[B24] goes to the outbox: a changed password is announced to its owner', async () => {
    const { email, token } = await register(app);
    await change(app, token, GOOD_PASSWORD).expect(200);
    const { file, found } = await until(() => read('Your password was changed'));
    expect(found).toMatchObject({ to: { text: email } });
    expect(`${found.text} ${String(found.html)}`).not.toContain('new-secure-password');
    expect(statSync(join(outbox, file)).mode & 0o077).toBe(0);
  });

  it('is not written for a change that was refused', async () => {
    const { token } = await register(app);
    const count = () => app.database.query('SELECT count(*)::int FROM pgboss.job');
    const before = await count();
    await change(app, token, 'wrong-password').expect(401);
    expect(await count()).toEqual(before);
  });

  it('that waits in the database can be read by nobody who has only the database', async () => {
    const mailer = app.nest.get(Mailer);
    await app.database.transaction(async (transaction) => {
      await mailer.send(mail, transaction);
      const jobs = JSON.stringify(await transaction.query('SELECT * FROM pgboss.job'));
      expect(jobs).toContain('sealed');
      for (const secret of ['alice@example.com', 'A subject', 'a secret paragraph', 'token=secret'])
        expect(jobs).not.toContain(secret);
    });
  });

  it('is never sent when the transaction that it belongs to fails', async () => {
    const before = await app.database.query('SELECT count(*)::int FROM pgboss.job');
    const failing = app.database.transaction(async (transaction) => {
      await app.nest.get(Mailer).send(mail, transaction);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await app.database.query('SELECT count(*)::int FROM pgboss.job')).toEqual(before);
  });

  it('to nobody is work like any other, and goes nowhere', async () => {
    const done = () =>
      app.database.query(
        `SELECT count(*)::int AS n FROM pgboss.job WHERE name = 'mail' AND state < 'completed'`,
      );
    await until(async () => ((await done())[0].n === 0 ? true : undefined));
    await app.database.transaction((transaction) =>
      app.nest
        .get(Mailer)
        .send({ ...mail, letter: { ...letter, subject: 'For nobody' }, to: null }, transaction),
    );
    await until(async () => ((await done())[0].n === 0 ? true : undefined));
    expect(await read('For nobody')).toBeUndefined();
  });
});

describe('mail through an SMTP server', () => {
  const environment: Record<string, string> = {
    MAIL_FROM: 'Gatehouse <no-reply@auth.example>',
    PLATFORM_NAME: 'Acme <Inc> & Sons',
  };
  const mailbox = useMailbox(environment);
  const app = useApp({ environment });
  const send = (given: Partial<Parameters<Mailer['send']>[0]> = {}) =>
    app.database.transaction((transaction) => app.nest.get(Mailer).send({ ...mail, ...given }, transaction));

  it('arrives once, also when the server refused it the first time', async () => {
    mailbox.behaviour = 'refuses';
    await send({ to: 'once@example.com' });
    await until(() => (mailbox.begun > 0 ? true : undefined));
    mailbox.behaviour = 'accepts';
    const received = await mailbox.next('once@example.com');
    expect(received.from?.text).toContain('no-reply@auth.example');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(mailbox.received).toEqual([]);
  });

  it.each(['refuses recipients', 'dies in the middle'] as const)(
    'is kept by a server that %s, and arrives when it works again',
    async (behaviour) => {
      mailbox.behaviour = behaviour;
      const to = `${behaviour.replaceAll(' ', '-')}@example.com`;
      await send({ to });
      const warned = jest.spyOn(Logger.prototype, 'warn');
      const jobs = () => app.database.query(`SELECT id FROM pgboss.job WHERE output::text LIKE '%failed%'`);
      const before = new Set((await jobs()).map(({ id }: { id: string }) => id));
      const { id } = await until(async () =>
        (await jobs()).find((job: { id: string }) => !before.has(job.id)),
      );
      expect(warned.mock.calls.flat().join('\n')).toContain(id);
      expect(warned.mock.calls.flat().join('\n')).not.toContain('@example.com');
      warned.mockRestore();
      mailbox.behaviour = 'accepts';
      const { messageId } = await mailbox.next(to, /A subject/, 25);
      // A copy that a retry sends is known as one.
      expect(messageId).toBe(`<${id}@auth.example>`);
    },
    40_000,
  );

  it('is put off for minutes where the server refuses for good, and for seconds where it does not', async () => {
    const waits = async (behaviour: Behaviour, to: string) => {
      mailbox.behaviour = behaviour;
      const waiting = () =>
        app.database.query(
          `SELECT id, extract(epoch FROM start_after - now()) AS seconds FROM pgboss.job
            WHERE name = 'mail' AND state = 'created' AND data ? 'tries'`,
        );
      const before = new Set((await waiting()).map(({ id }: { id: string }) => id));
      await send({ to });
      return until(async () => (await waiting()).find(({ id }: { id: string }) => !before.has(id)));
    };
    const final = await waits('refuses for good', 'nobody@example.com');
    expect(Number(final.seconds)).toBeGreaterThan(140);
    const passing = await waits('refuses recipients', 'busy@example.com');
    expect(Number(passing.seconds)).toBeLessThan(5);
    mailbox.behaviour = 'accepts';
    await mailbox.next('busy@example.com', /A subject/, 25);
  }, 40_000);

  it('delays no request while the server hangs, and five others at once', async () => {
    mailbox.behaviour = 'hangs';
    const begun = mailbox.begun;
    for (let turn = 0; turn < 8; turn++) await send({ to: `hanging-${turn}@example.com` });
    await until(() => (mailbox.begun === begun + 5 ? true : undefined));
    const began = performance.now();
    await register(app);
    expect(performance.now() - began).toBeLessThan(5_000);
    mailbox.behaviour = 'accepts';
    await mailbox.close();
    const port = Number(new URL(environment['SMTP_URL'] ?? '').port);
    await mailbox.open(port);
    for (let turn = 0; turn < 8; turn++) await mailbox.next(`hanging-${turn}@example.com`, /A subject/, 40);
  }, 60_000);

  it('leaves no link in the log', async () => {
    const logged = jest.spyOn(Logger.prototype, 'log');
    await send({ to: 'quiet@example.com' });
    await mailbox.next('quiet@example.com');
    await until(() => (/was sent/.test(logged.mock.calls.flat().join()) ? true : undefined));
    expect(logged.mock.calls.flat().join('\n')).not.toContain('token=');
    logged.mockRestore();
  });

  it('whose job was given to another, because its process was taken for dead, is not put off twice', async () => {
    mailbox.behaviour = 'hangs';
    const begun = mailbox.begun;
    await send({ to: 'twice@example.com' });
    await until(() => (mailbox.begun > begun ? true : undefined));
    await app.database.query(
      `UPDATE pgboss.job SET state = 'completed' WHERE name = 'mail' AND state = 'active'`,
    );
    const waiting = () =>
      app.database.query(
        `SELECT id FROM pgboss.job WHERE name = 'mail' AND state = 'created' AND data ? 'tries'`,
      );
    const before = (await waiting()).length;
    await mailbox.close();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await waiting()).length).toBe(before);
    mailbox.behaviour = 'accepts';
    await mailbox.open(Number(new URL(environment['SMTP_URL'] ?? '').port));
  });

  it('says the same in HTML and in text, is marked as a machine’s, and escapes what it is given', async () => {
    const brand = { name: '<script>x</script>', logoUrl: 'https://cdn.example/logo.png?a=1&b="' };
    await send({ to: 'both@example.com', brand });
    const { html, text, headers, raw } = await mailbox.next('both@example.com');
    for (const said of ['a secret paragraph', 'Open']) {
      expect(html).toContain(said);
      expect(text).toContain(said);
    }
    expect(text).toContain('https://a.example/?token=secret');
    expect(html).toContain('href="https://a.example/?token=secret"');
    expect(html).toContain(unlinkable('<script>x</script>').replaceAll('<', '&lt;'));
    expect(html).toContain('src="https://cdn.example/logo.png?a=1&amp;b=&quot;"');
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    expect(raw).toMatch(/^Content-Type: multipart\/alternative/m);
  });

  it('bears the name of the platform, in a form that no mail program makes a link of', async () => {
    await send({ to: 'name@example.com' });
    expect((await mailbox.next('name@example.com')).html).toContain('Acme &lt;Inc> &amp; Sons');
    await send({ to: 'dots@example.com', brand: { name: 'evil.example' } });
    const { html, text } = await mailbox.next('dots@example.com');
    expect(`${String(html)}${text}`).not.toContain('evil.example');
    expect(text).toContain('evil\u2060.\u2060example');
  });

  it('[A17] goes to the address alone, whatever it looks like', async () => {
    const to = "o'hara+tag@example.com";
    await send({ to });
    expect((await mailbox.next(to)).to).toMatchObject({ value: [{ address: to, name: '' }] });
    await send({ to: 'a,victim@example.com' });
    const { raw } = await until(() => mailbox.received.find((mail) => mail.raw.includes('victim')));
    expect(raw).toMatch(/^To: .*"a,victim"@example\.com/m);
  });
});
