import { createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hashToken, randomToken } from '../platform/crypto/opaque-token';

/** Secret scanners find a leaked token by it. */
const PREFIX = 'ghr_';
/** A spent token presented again within this time is a lost race or a lost answer, not a theft. */
const GRACE = 10_000;
const SUCCESSOR = 'gatehouse successor of a refresh token';

/** Refresh tokens as such: how they look, how they are stored, how one leads to the next. */
@Injectable()
export class RefreshTokens {
  make(): string {
    return randomToken(PREFIX);
  }

  hash(refreshToken: string): Buffer {
    return hashToken(refreshToken);
  }

  isWithinGrace(rotatedAt: Date, now: Date): boolean {
    return now.getTime() - rotatedAt.getTime() <= GRACE;
  }

  /** Stored with a token when it is spent; means nothing by itself. */
  makeSeed(): Buffer {
    return randomBytes(32);
  }

  /**
   * The one token that follows a spent one: made of both (HMAC-SHA256, as HKDF expands a key: RFC 5869, 2.3), so that nobody
   * can tell it who has the token alone, or the database alone, where of the token there is only a hash.
   */
  successorOf(spent: string, seed: Buffer): string {
    const secret = createHmac('sha256', spent).update(SUCCESSOR).update(seed).digest('base64url');
    return PREFIX + secret;
  }
}
