import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import type { ContractName } from '../platform/http/contract-name';
import { violates } from '../platform/database/database-errors';
import { Devices, type NewDeviceNotice } from './devices';
import { storedForm, type IssuerToken } from './exchanged-tokens';
import { LastSeen } from './last-seen';
import type { MethodName } from './method-name';
import { RefreshTokens } from './refresh-tokens';
import { SessionEndings } from './session-endings';
import {
  findByFixedToken,
  findSpentToken,
  findSuccessor,
  growFamily,
  lengthenIdle,
  listSessions,
  openSession,
  spendRefreshToken,
} from './session-statements';
import { sessionSettings, type SessionSettings } from './session.settings';

/** Rotations within one grace that a straggler is led through; who makes more is no straggler. */
const LONGEST_CHAIN = 100;

/** For a sign-in of which nobody knows when the person showed who they are. */
const LONG_AGO = new Date(0);

/** What an access token is issued for. */
export interface SessionRef {
  readonly id: string;
  readonly userId: string;
  readonly expiresAt: Date;
}

export interface OpenedSession extends SessionRef {
  readonly refreshToken: string;
}

export interface Refusal {
  /** The account is in order but for its email. */
  readonly unverified: boolean;
}

export interface ListedSession extends SessionRef {
  readonly method: MethodName;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

export interface SessionRequest {
  readonly userId: string;
  /** The version of the user's credentials under which the proof was made. */
  readonly credentialVersion: number;
  readonly method: MethodName;
  readonly contract: ContractName;
  readonly client: Client;
  /** Demanded anyway when REQUIRE_VERIFIED_EMAIL is on. */
  readonly verifiedEmail: boolean;
  readonly credentialId: string | null;
  /** The refresh token never rotates, and the session does not end by lying idle. */
  readonly fixed: boolean;
  /** Bounds below the settings', in milliseconds: of lying idle, and of the whole. */
  readonly longestIdle?: number;
  readonly longest?: number;
  /** The JWT of an issuer elsewhere that it is opened for. */
  readonly exchanged?: IssuerToken & {
    /** When its user showed that issuer who they are; null where it does not say. */
    readonly authenticatedAt: Date | null;
  };
}

/** A JWT that opens a session only once has done so already. */
export class AlreadyExchanged extends Error {}

/** Opens sessions and keeps them going; of a method it knows no more than the name. */
@Injectable()
export class SessionsService {
  private readonly logger = new Logger('Sessions');

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly refreshTokens: RefreshTokens,
    private readonly endings: SessionEndings,
    private readonly devices: Devices,
    private readonly lastSeen: LastSeen,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
  ) {}

  /**
   * @param notice tells the owner when the session is opened from a new device
   * @returns a refusal when the account may have no session, or its credentials changed after the proof was made
   * @throws AlreadyExchanged
   */
  async open(request: SessionRequest, notice: NewDeviceNotice): Promise<OpenedSession | Refusal> {
    const { userId, client, fixed } = request;
    const now = this.clock.now();
    const { mostPerUser, requireVerifiedEmail } = this.settings;
    const { longestIdle = Infinity, longest = Infinity } = request;
    const absoluteTtl = Math.min(this.settings.absoluteTtl, longest);
    const idleTtl = fixed ? absoluteTtl : Math.min(this.settings.idleTtl, longestIdle);
    const expiresAt = later(now, absoluteTtl);
    const refreshToken = this.refreshTokens.make();
    const values = [
      userId,
      request.credentialVersion,
      request.method,
      request.contract,
      client.ip,
      client.userAgent,
      now,
      idleTtl,
      later(now, idleTtl),
      expiresAt,
      this.refreshTokens.hash(refreshToken),
      fixed,
      request.verifiedEmail || requireVerifiedEmail,
      request.credentialId,
      ...(request.exchanged ? storedForm(request.exchanged) : [null, null, null]),
      request.exchanged ? (request.exchanged.authenticatedAt ?? LONG_AGO) : null,
    ];
    const work = async (transaction?: EntityManager) => {
      const rows = transaction
        ? await openSession.within(transaction, values)
        : await openSession.run(this.database, values);
      return rows[0];
    };
    const opened = await this.devices.around({ userId, client }, notice, work).catch((error: unknown) => {
      throw violates(error, 'exchanged_tokens_pkey') ? new AlreadyExchanged() : error;
    });
    if (!opened?.id) return { unverified: opened?.unverified ?? false };
    await this.endings
      .endSurplus(userId, opened.id, mostPerUser, { reason: 'too_many_sessions', client })
      // The session is open: its owner must get it, and the next sign-in ends what is too many.
      .catch((error: Error) => this.logger.warn(`Surplus sessions were not ended: ${error.message}`));
    return { id: opened.id, userId, expiresAt, refreshToken };
  }

  /** The session of a refresh token that never rotates, or null when either is no longer good. */
  async findByFixedToken(refreshToken: string): Promise<SessionRef | null> {
    const now = this.clock.now();
    const hash = this.refreshTokens.hash(refreshToken);
    const { requireVerifiedEmail } = this.settings;
    const [row] = await findByFixedToken.run(this.database, [hash, now, requireVerifiedEmail]);
    if (!row) return null;
    this.lastSeen.mark(row, now);
    return row;
  }

  /**
   * Lets a session lie idle for longer than it may, and never for longer than usual.
   * @param milliseconds Infinity: for as long as usual
   */
  async lengthenIdle(sessionId: string, milliseconds: number): Promise<void> {
    const idle = Math.min(this.settings.idleTtl, milliseconds);
    await lengthenIdle.run(this.database, [sessionId, idle, this.clock.now()]);
  }

  /** One more refresh token for a session, as if it had been opened with it; null when the session has ended. */
  async grow(session: SessionRef): Promise<OpenedSession | null> {
    const refreshToken = this.refreshTokens.make();
    const hash = this.refreshTokens.hash(refreshToken);
    const values = [session.id, hash, this.clock.now(), this.settings.requireVerifiedEmail];
    const [grown] = await growFamily.run(this.database, values);
    return grown ? { ...session, refreshToken } : null;
  }

  /** A user's sessions of every method, newest first; only those that have not ended. */
  list(userId: string): Promise<ListedSession[]> {
    return this.database.query<ListedSession[]>(listSessions, [userId, this.clock.now()]);
  }

  /**
   * Exchanges a refresh token for its successor. Of parallel exchanges one makes the successor and the
   * others get the same one; so does a late one within the grace.
   * @returns null when the token or its session is no longer good
   */
  async rotate(refreshToken: string, client: Client): Promise<OpenedSession | null> {
    const now = this.clock.now();
    const seed = this.refreshTokens.makeSeed();
    const successor = this.refreshTokens.successorOf(refreshToken, seed);
    const [session] = await spendRefreshToken.run(this.database, [
      this.refreshTokens.hash(refreshToken),
      this.refreshTokens.hash(successor),
      now,
      seed,
      this.settings.requireVerifiedEmail,
    ]);
    if (session) return { ...session, refreshToken: successor };
    return this.recall(refreshToken, now, client);
  }

  /**
   * A token that was spent before. Within the grace its holder lost a race, or the answer: it gets the
   * newest token of the family, which is the one that was made then unless that has been spent too. Later
   * it is a stolen copy, or the thief's victim: nobody can tell, so the session ends (RFC 9700, 4.14.2).
   */
  private async recall(refreshToken: string, now: Date, client: Client): Promise<OpenedSession | null> {
    const hash = this.refreshTokens.hash(refreshToken);
    const [row] = await findSpentToken.run(this.database, [hash, now, this.settings.requireVerifiedEmail]);
    if (!row?.rotatedAt || !row.successor) return null;
    if (!this.refreshTokens.isWithinGrace(row.rotatedAt, now)) {
      this.logger.warn(`Refresh token reused: session ${row.id} is ended`);
      await this.endings.end(row.id, { reason: 'refresh_token_reused', client });
      return null;
    }
    const newest = await this.newestOf(this.refreshTokens.successorOf(refreshToken, row.successor));
    return newest === null
      ? null
      : { id: row.id, userId: row.userId, expiresAt: row.expiresAt, refreshToken: newest };
  }

  private async newestOf(refreshToken: string, left = LONGEST_CHAIN): Promise<string | null> {
    if (left === 0) return null;
    const [row] = await findSuccessor.run(this.database, [this.refreshTokens.hash(refreshToken)]);
    // Gone with its session, or never there.
    if (!row) return null;
    if (!row.successor) return refreshToken;
    return this.newestOf(this.refreshTokens.successorOf(refreshToken, row.successor), left - 1);
  }
}

const later = (now: Date, milliseconds: number): Date => new Date(now.getTime() + milliseconds);
