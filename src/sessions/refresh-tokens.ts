import { Injectable } from '@nestjs/common';
import { hashToken, randomToken } from '../platform/crypto/opaque-token';
import { deriveKey, seal, unseal } from '../platform/crypto/sealing';

/** Secret scanners find a leaked token by it. */
const PREFIX = 'ghr_';
/** A spent token presented again within this time is a lost race or a lost answer, not a theft. */
const GRACE = 10_000;
const SUCCESSOR = 'successor of a refresh token';

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

  /** The key comes from the spent token itself, of which only a hash is stored: the database can't open it. */
  sealSuccessor(successor: string, spent: string): Buffer {
    return seal(successor, deriveKey(spent, SUCCESSOR), SUCCESSOR);
  }

  unsealSuccessor(sealed: Buffer, spent: string): string {
    return unseal(sealed, deriveKey(spent, SUCCESSOR), SUCCESSOR).toString();
  }
}
