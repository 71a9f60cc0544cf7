import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { RateLimited } from '../http/api-error';
import type { Client } from '../http/client';
import { addressKey } from '../rate-limit/address-key';
import { RateLimits, type RateLimit } from '../rate-limit/rate-limits';
import { mailSettings, type MailSettings } from './mail.settings';

/** How many mails go out: to one person, so that nobody is flooded, and asked for from one address. */
@Injectable()
export class MailLimits {
  private readonly toOne: RateLimit;
  private readonly fromAddress: RateLimit;

  constructor(limits: RateLimits, @Inject(mailSettings.token) { toOne, fromAddress }: MailSettings) {
    this.toOne = limits.limit('mails-to', toOne);
    this.fromAddress = limits.limit('mails-from', fromAddress);
  }

  /** Counts a mail that somebody asks for, whether or not anyone has that address; false where it must not be sent. */
  async allowRequest(kind: string, to: string, client: Client): Promise<boolean> {
    // Who has used up an address's share must not use up another person's too.
    const asked = await passes(this.fromAddress.consume(`${kind}:${addressKey(client.ip)}`));
    return asked && (await this.allowNotice(kind, to));
  }

  /** The same for one that tells of something that happened. To be asked before a transaction is begun. */
  allowNotice(kind: string, to: string): Promise<boolean> {
    // An address may be longer than the key of a limit.
    const person = createHash('sha256').update(to).digest('base64url');
    return passes(this.toOne.consume(`${kind}:${person}`));
  }
}

async function passes(consumed: Promise<void>): Promise<boolean> {
  try {
    await consumed;
    return true;
  } catch (error) {
    if (error instanceof RateLimited) return false;
    throw error;
  }
}
