import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import type { EntityManager } from 'typeorm';
import { databaseSettings, type DatabaseSettings } from '../database/database.settings';
import { Jobs } from '../jobs/jobs';
import type { Language } from '../language/language';
import type { Brand } from './brand';
import type { Letter } from './letter';
import { letterHtml } from './letter-html';
import { letterText } from './letter-text';
import { mailSettings, outboxOf, type MailSettings } from './mail.settings';

const JOB = 'mail';
const AT_ONCE = 5;
/**
 * A connection for each mail: one that is kept may have been dropped somewhere on the way without a word.
 * A server may look at a message for ten minutes before it says that it took it (RFC 5321, 4.5.3.2.6); who does not wait
 * sends it again, and it arrives twice.
 */
const PATIENCE = {
  dnsTimeout: 10_000,
  connectionTimeout: 30_000,
  greetingTimeout: 60_000,
  socketTimeout: 600_000,
};

export interface Mail {
  /** Null for nobody: the work of writing it is done all the same, so that it does not show in the time of an answer. */
  readonly to: string | null;
  readonly letter: Letter;
  readonly language: Language;
  readonly brand?: Brand;
}

/** Sends mail: by SMTP_URL, or where that is not set into the outbox, one .eml file each. */
@Injectable()
export class Mailer {
  private readonly logger = new Logger('Mail');
  private readonly transport: Transporter;
  private readonly outbox?: string;

  constructor(
    private readonly jobs: Jobs,
    @Inject(mailSettings.token) private readonly settings: MailSettings,
    @Inject(databaseSettings.token) { dataDir }: DatabaseSettings,
  ) {
    this.outbox = settings.smtpUrl ? undefined : outboxOf(dataDir);
    this.transport = settings.smtpUrl
      ? createTransport({ url: settings.smtpUrl, ...PATIENCE })
      : createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
    jobs.define<Mail>(JOB, (mail, jobId) => this.deliver(mail, jobId), { atOnce: AT_ONCE });
  }

  /** Written with the thing that it announces, in one transaction; no request waits for its delivery. */
  send(mail: Mail, transaction: EntityManager): Promise<void> {
    return this.jobs.add(JOB, mail, transaction);
  }

  /** The message's id is the job's: a copy that a retry sends is known as one. */
  private async deliver({ to, letter, language, brand }: Mail, jobId: string): Promise<void> {
    if (to === null) return;
    const envelope = {
      language,
      brandName: brand?.name ?? this.settings.platformName,
      logoUrl: brand?.logoUrl,
    };
    const sent = (await this.transport.sendMail({
      // An address object is not parsed again, so the mail goes to this address and nowhere else.
      to: { name: '', address: to },
      from: this.settings.from,
      subject: letter.subject,
      text: letterText(letter, envelope),
      html: letterHtml(letter, envelope),
      messageId: `<${jobId}@${this.settings.from.replace(/^.*@|>$/g, '')}>`,
      // Keeps machines from answering it (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    })) as { message?: Buffer };
    if (this.outbox && sent.message) await this.keep(this.outbox, jobId, sent.message);
    this.logger.log(
      `Mail ${jobId} "${letter.subject}" ${this.outbox ? 'is in the outbox' : 'was sent'}${this.toTry(letter)}`,
    );
  }

  /** What a developer looks for in a mail. Nowhere but where mail goes to the outbox, and never in production. */
  private toTry({ parts }: Letter): string {
    if (!this.settings.linksInLog) return '';
    const said = parts.flatMap((part) => {
      if ('url' in part) return [part.url];
      return 'code' in part ? [`code ${part.code}`] : [];
    });
    return said.length > 0 ? `: ${said.join(' , ')}` : '';
  }

  private async keep(outbox: string, jobId: string, message: Buffer): Promise<void> {
    await mkdir(outbox, { recursive: true, mode: 0o700 });
    const draft = join(outbox, `.${jobId}`);
    await writeFile(draft, message, { mode: 0o600 });
    await rename(draft, join(outbox, `${jobId}.eml`));
  }
}
