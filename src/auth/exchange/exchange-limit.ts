import { Inject, Injectable } from '@nestjs/common';
import { hashToken } from '../../platform/crypto/opaque-token';
import { RateLimits, type RateLimit } from '../../platform/rate-limit/rate-limits';
import { exchangeSettings, type ExchangeSettings } from './exchange.settings';

/**
 * How often one person may have tokens of an issuer exchanged, and how often renewed: each costs rows, and a call to the
 * issuer in our name.
 */
@Injectable()
export class ExchangeLimit {
  private readonly limit: RateLimit;

  constructor(limits: RateLimits, @Inject(exchangeSettings.token) { exchanges }: ExchangeSettings) {
    this.limit = limits.limit('exchanges', exchanges);
  }

  /** @throws RateLimited */
  consume(what: 'exchange' | 'renewal', issuer: string, subject: string): Promise<void> {
    return this.limit.consume(`${what} ${hashToken(`${issuer}\n${subject}`).toString('base64url')}`);
  }
}
