import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** Waits until something is there. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>, seconds = 15): Promise<T> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Nothing came within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Waits until something is so. */
export const holds = async (look: () => boolean | Promise<boolean>, seconds?: number): Promise<unknown> =>
  until(async () => (await look()) || undefined, seconds);

/** What a mail server does with a message, and how it may fail. */
export type Behaviour =
  | 'accepts'
  | 'refuses'
  | 'refuses recipients'
  | 'refuses for good'
  | 'hangs'
  | 'is slow'
  | 'dies in the middle';

export interface ReceivedMail extends ParsedMail {
  readonly address: string;
  /** As it came over the wire. */
  readonly raw: string;
}

/** A real SMTP server that keeps what it is sent. */
export class Mailbox {
  readonly received: ReceivedMail[] = [];
  behaviour: Behaviour = 'accepts';
  /** How long it thinks about a message where it is slow, in ms. */
  slowness = 0;
  /** Messages that were begun, delivered or not. */
  begun = 0;
  private server?: SMTPServer;
  private readonly waiting = new Set<(error?: Error) => void>();

  /** @param port 0 for a free one */
  async open(port = 0): Promise<string> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) => done(refusals[this.behaviour]),
      onData: (stream, _session, done) => {
        this.begun++;
        if (this.behaviour === 'dies in the middle') {
          stream.once('data', () => this.cut(server));
          return;
        }
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => void this.take(Buffer.concat(chunks), done));
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.server = server;
    return `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  }

  /** The sockets are cut, as by a mail server that is killed. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const done of this.waiting) done(refusal('421 going away'));
    this.waiting.clear();
    if (!server) return;
    this.cut(server);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** The first mail to an address, or the first whose subject fits; it is taken out. */
  next(to: string, subject: RegExp = /.*/, seconds?: number): Promise<ReceivedMail> {
    return until(() => {
      const index = this.received.findIndex(
        (mail) => mail.address === to && subject.test(mail.subject ?? ''),
      );
      return index < 0 ? undefined : this.received.splice(index, 1)[0];
    }, seconds);
  }

  /** The subjects of what has come to an address and was not looked at. */
  waitingFor(to: string): (string | undefined)[] {
    return this.received.filter((mail) => mail.address === to).map(({ subject }) => subject);
  }

  private async take(message: Buffer, done: (error?: Error) => void): Promise<void> {
    if (this.behaviour === 'refuses') return done(refusal('451 not now'));
    if (this.behaviour === 'hangs') return void this.waiting.add(done);
    if (this.behaviour === 'is slow') await new Promise((resolve) => setTimeout(resolve, this.slowness));
    const mail = await simpleParser(message);
    const to = mail.to && !Array.isArray(mail.to) ? mail.to.value[0]?.address : undefined;
    this.received.push({ ...mail, address: to ?? '', raw: message.toString() });
    done();
  }

  private cut(server: SMTPServer): void {
    const { connections } = server as unknown as { connections: Set<{ _socket: { destroy(): void } }> };
    for (const connection of connections) connection._socket.destroy();
  }
}

function refusal(text: string): Error {
  return Object.assign(new Error(text.slice(4)), { responseCode: Number(text.slice(0, 3)) });
}

const refusals: Partial<Record<Behaviour, Error>> = {
  'refuses recipients': refusal('450 mailbox is busy'),
  'refuses for good': refusal('550 no such user'),
};

/** A mailbox for all tests of a file; its address is there before an application is started. */
export function useMailbox(environment: Record<string, string>): Mailbox {
  const mailbox = new Mailbox();
  beforeAll(async () => void (environment['SMTP_URL'] = await mailbox.open()));
  afterAll(() => mailbox.close());
  return mailbox;
}

/** The link of a mail's button: the same in its HTML and in its text. */
export function linkIn(mail: ParsedMail): URL {
  const text = /^https?:\S+$/m.exec(mail.text ?? '')?.[0] ?? '';
  const html = /href="([^"]+)"/.exec(String(mail.html))?.[1]?.replaceAll('&amp;', '&');
  if (text !== html) throw new Error(`The text links to ${text}, the HTML to ${html}`);
  return new URL(text);
}

export const codeIn = (mail: ParsedMail): string => /^ {4}(\d{6})$/m.exec(mail.text ?? '')?.[1] ?? '';
