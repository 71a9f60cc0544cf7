import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../clock/clock';
import { AppSecret } from '../crypto/app-secret';
import { hashToken, randomNonce, randomToken } from '../crypto/opaque-token';
import type { Client } from '../http/client';

/** What a token is for. It is good for nothing else. */
export interface OneTimePurpose {
  readonly name: string;
  /** Recognisable, for secret scanners; null for a nonce, which is no secret and takes letters and digits only. */
  readonly prefix: string | null;
  /** In milliseconds. */
  readonly life: number;
  /** Set where a code of six digits may be typed in place of the token. */
  readonly code?: { readonly life: number; readonly tries: number };
}

export interface Issued {
  readonly token: string;
  /** Six digits, where the purpose has codes. */
  readonly code: string;
}

/** Finds a token without being it: what the database keeps. */
export type TokenHandle = Buffer;

/** Who asked for it, when and where. */
export interface Asked {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
}

export interface Found<Payload> extends Asked {
  readonly subject: string | null;
  readonly payload: Payload;
}

const DIGITS = 6;

const ISSUE = `
  INSERT INTO one_time_tokens
         (token_hash, purpose, subject, payload, ip, user_agent, created_at, expires_at, code_hash, code_expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (purpose, subject) DO UPDATE
     SET token_hash = EXCLUDED.token_hash, payload = EXCLUDED.payload, ip = EXCLUDED.ip,
         user_agent = EXCLUDED.user_agent, created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at,
         code_hash = EXCLUDED.code_hash,
         code_expires_at = EXCLUDED.code_expires_at, code_tries = 0`;

const FOUND = 'subject, payload, ip, user_agent AS "userAgent", created_at AS "createdAt"';
const LOOK = `SELECT ${FOUND} FROM one_time_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3`;
/** Decides the race: of all who come with one token, one gets its row. */
const SPEND = `
  DELETE FROM one_time_tokens
   WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3 AND ($4::text IS NULL OR subject = $4)
  RETURNING ${FOUND}`;
/** Counted before it is compared: of parallel tries no more than the limit are. */
const TRY_CODE = `
  UPDATE one_time_tokens SET code_tries = code_tries + 1
   WHERE purpose = $1 AND subject = $2 AND code_expires_at > $3 AND code_tries < $4
  RETURNING token_hash AS "tokenHash", code_hash AS "codeHash"`;

/**
 * Things that are good once: random bits, stored as a hash, bound to a purpose and a subject, gone with their first
 * use. With one purpose a newer one of a subject cancels the older.
 */
@Injectable()
export class OneTimeTokens {
  private readonly codeKey: Buffer;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    appSecret: AppSecret,
  ) {
    this.codeKey = appSecret.keyFor('one-time codes');
  }

  /** @param subject null where it is for whoever has it */
  async issue(
    purpose: OneTimePurpose,
    subject: string | null,
    payload: object,
    client: Client,
    transaction: EntityManager,
  ): Promise<Issued> {
    const now = this.clock.now().getTime();
    const token = purpose.prefix === null ? randomNonce() : randomToken(purpose.prefix);
    const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
    const { code: codes } = purpose;
    await transaction.query(ISSUE, [
      hashToken(token),
      purpose.name,
      subject,
      payload,
      client.ip,
      client.userAgent,
      new Date(now),
      new Date(now + purpose.life),
      codes && subject !== null ? this.hashCode(purpose, subject, code) : null,
      codes ? new Date(now + codes.life) : null,
    ]);
    return { token, code };
  }

  handleOf(token: string): TokenHandle {
    return hashToken(token);
  }

  /** Looks and spends nothing; null for one that is unknown, spent, cancelled, expired or of another purpose. */
  async look<Payload>(purpose: OneTimePurpose, handle: TokenHandle): Promise<Found<Payload> | null> {
    const values = [handle, purpose.name, this.clock.now()];
    const [found] = await this.database.query<Found<Payload>[]>(LOOK, values);
    return found ?? null;
  }

  /**
   * Spends it, within the transaction of what it is spent for. Null as with `look`, and then nothing has changed.
   * @param subject where given, a token of another subject is not spent
   */
  async spend<Payload>(
    purpose: OneTimePurpose,
    handle: TokenHandle,
    transaction: EntityManager,
    subject?: string,
  ): Promise<Found<Payload> | null> {
    const values = [handle, purpose.name, this.clock.now(), subject ?? null];
    const [[found]] = await transaction.query<[Found<Payload>[], number]>(SPEND, values);
    return found ?? null;
  }

  /** The token that a typed code stands for; null for a wrong code, and for any after too many tries. */
  async findByCode(purpose: OneTimePurpose, subject: string, code: string): Promise<TokenHandle | null> {
    const values = [purpose.name, subject, this.clock.now(), purpose.code?.tries ?? 0];
    const [[row]] = await this.database.query<[{ tokenHash: Buffer; codeHash: Buffer }[], number]>(
      TRY_CODE,
      values,
    );
    const given = this.hashCode(purpose, subject, code);
    return row && timingSafeEqual(row.codeHash, given) ? row.tokenHash : null;
  }

  /** Keyed, because a million codes are soon tried by who has the table. */
  private hashCode({ name }: OneTimePurpose, subject: string, code: string): Buffer {
    return createHmac('sha256', this.codeKey).update(`${name}\0${subject}\0${code}`).digest();
  }
}
