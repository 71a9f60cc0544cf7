import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import type { EntityManager } from 'typeorm';
import { databaseSettings, type DatabaseSettings } from '../database/database.settings';
import { Jobs } from '../jobs/jobs';
import { mailSettings, outboxOf, type MailSettings } from './mail.settings';

const JOB = 'mail';
/** Each is for one step of some ten: all together stay below the longest run of a job. */
const PATIENCE = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
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
    jobs.define<Mail>(JOB, (mail, jobId) => this.deliver(mail, jobId));
  }

  /** Written with the thing that it announces, in one transaction; no request waits for its delivery. */
  send(mail: Mail, transaction: EntityManager): Promise<void> {
    return this.jobs.add(JOB, mail, transaction);
  }

  /** The message's id is the job's: a copy that a retry sends is known as one. */
  private async deliver(mail: Mail, jobId: string): Promise<void> {
    const domain = this.settings.from.replace(/^.*@|>$/g, '');
    // An address object is not parsed again, so the mail goes to this address and nowhere else.
    const to = { name: '', address: mail.to };
    const message = { ...mail, to, from: this.settings.from, messageId: `<${jobId}@${domain}>` };
    const sent = (await this.transport.sendMail(message)) as { message?: Buffer };
    if (this.outbox && sent.message) await this.keep(this.outbox, jobId, sent.message);
    this.logger.log(`Mail ${jobId} "${mail.subject}" ${this.outbox ? 'is in the outbox' : 'was sent'}`);
  }

  private async keep(outbox: string, jobId: string, message: Buffer): Promise<void> {
    await mkdir(outbox, { recursive: true, mode: 0o700 });
    const draft = join(outbox, `.${jobId}`);
    await writeFile(draft, message, { mode: 0o600 });
    await rename(draft, join(outbox, `${jobId}.eml`));
  }
}
