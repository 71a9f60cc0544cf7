import { hash, randomBytes } from 'node:crypto';

/**
 * A secret that means nothing by itself: a recognisable prefix (for secret scanners), then 256 random
 * bits as 43 characters of base64url.
 */
export function randomToken(prefix: string): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** 128 random bits in letters and digits alone, for texts that take nothing else (EIP-4361: a nonce). */
export function randomNonce(): string {
  return randomBytes(16).toString('hex');
}

/**
 * What is stored of an opaque token: its SHA-256. With so many random bits in, a slow hash would add nothing,
 * and a look-up by the hash needs no comparison in constant time.
 */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
