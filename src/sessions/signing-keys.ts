import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed';
import { Clock } from '../platform/clock/clock';
import { AppSecret } from '../platform/crypto/app-secret';
import { seal, unseal } from '../platform/crypto/sealing';
import { inTurn } from '../platform/database/in-turn';
import { SigningKey } from './signing-key.entity';
import { sessionSettings, type SessionSettings } from './session.settings';

/** On which a trigger tells that the keys have changed. */
const CHANNEL = 'gatehouse_keys';
/** How often an instance looks for keys that another one, or the command, has made, told or not. */
const RELOAD_EVERY = 30_000;
/** A new key is published this long before it signs: by then every instance has read it. */
const LEAD_TIME = 2 * RELOAD_EVERY;

/** The first key signs whatever the clock says, also one that is set back later. */
const EVER = new Date(0);

/** A public key as RFC 7517 writes it. */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

interface LoadedKey {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly signsFrom: Date;
  readonly publishedUntil: Date | null;
}

/** The keys that sign access tokens: kept in the database, shared by all instances, private parts sealed. */
@Injectable()
export class SigningKeys implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('SigningKeys');
  private readonly sealingKey: Buffer;
  private keys: readonly LoadedKey[] = [];
  private timer?: NodeJS.Timeout;
  private reloading: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    @Inject(sessionSettings.token) private readonly settings: SessionSettings,
    appSecret: AppSecret,
    feed: ChangeFeed,
  ) {
    feed.on(CHANNEL, () => void this.reloadQuietly());
    this.sealingKey = appSecret.keyFor('signing keys');
  }

  async onModuleInit(): Promise<void> {
    await inTurn(this.database, 'signing keys', async (transaction) => {
      if ((await transaction.count(SigningKey)) === 0) await this.insertNew(EVER, transaction);
    });
    await this.reload();
    this.timer = setInterval(() => void this.reloadQuietly(), RELOAD_EVERY).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** The key that signs now: of those that may, the newest. */
  current(): { kid: string; privateKey: KeyObject } {
    const now = this.clock.now();
    const usable = this.published().filter((key) => key.signsFrom <= now);
    const newest = usable.reduce((one, other) => (other.signsFrom > one.signsFrom ? other : one));
    return newest;
  }

  /** The key that verifies a token with this `kid`. Nothing in a token but this name chooses its key. */
  find(kid: unknown): KeyObject | undefined {
    return this.published().find((key) => key.kid === kid)?.publicKey;
  }

  /** RFC 7517 key set. */
  jwks(): { keys: PublicJwk[] } {
    return { keys: this.published().map((key) => key.jwk) };
  }

  /**
   * Makes a new key. It signs after a lead time, in which every instance reads it; the old ones stay
   * published until the last token that they signed has expired.
   * @param immediately for a leaked key: the old ones are good for nothing from now on. Running instances
   *   are told; one that can't hear it follows at its next look, half a minute later at the most.
   * @returns the new key's id and when it begins to sign
   */
  async rotate(immediately = false): Promise<{ kid: string; signsFrom: Date }> {
    const made = await inTurn(this.database, 'signing keys', async (transaction) => {
      const now = this.clock.now();
      const signsFrom = immediately ? now : new Date(now.getTime() + LEAD_TIME);
      const lastUse = signsFrom.getTime() + RELOAD_EVERY + this.settings.accessTokenTtl;
      const publishedUntil = immediately ? now : new Date(lastUse);
      await transaction.query(
        `UPDATE signing_keys SET published_until = $1 WHERE published_until IS NULL OR published_until > $1`,
        [publishedUntil],
      );
      await transaction.query(`DELETE FROM signing_keys WHERE published_until < $1`, [now]);
      return { kid: await this.insertNew(signsFrom, transaction), signsFrom };
    });
    await this.reload();
    return made;
  }

  private async insertNew(signsFrom: Date, transaction: EntityManager): Promise<string> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' }) as SigningKey['publicJwk'];
    const kid = randomUUID();
    await transaction.insert(SigningKey, {
      kid,
      publicJwk: { kty, crv, x, y },
      privateKey: seal(privateKey.export({ format: 'der', type: 'pkcs8' }), this.sealingKey, kid),
      signsFrom,
    });
    return kid;
  }

  /** One after the other: of two at once the older answer could come last, and bring back a key that was dropped. */
  private reload(): Promise<void> {
    const reload = this.reloading.then(() => this.read());
    this.reloading = reload.catch(() => undefined);
    return reload;
  }

  private async read(): Promise<void> {
    const rows = await this.database.manager.find(SigningKey);
    // A key that is known already stays the same object: what was verified with it is remembered by it.
    this.keys = rows.map((row) => {
      const known = this.keys.find((key) => key.kid === row.kid);
      return known ? { ...known, publishedUntil: row.publishedUntil } : this.load(row);
    });
  }

  private async reloadQuietly(): Promise<void> {
    await this.reload().catch((error: Error) => this.logger.warn(`Keys could not be read: ${error.message}`));
  }

  private load({ kid, publicJwk, privateKey, signsFrom, publishedUntil }: SigningKey): LoadedKey {
    return {
      kid,
      jwk: { ...publicJwk, kid, alg: 'ES256', use: 'sig' },
      publicKey: createPublicKey({ key: { ...publicJwk }, format: 'jwk' }),
      privateKey: createPrivateKey({ key: this.open(kid, privateKey), format: 'der', type: 'pkcs8' }),
      signsFrom,
      publishedUntil,
    };
  }

  private open(kid: string, sealed: Buffer): Buffer {
    try {
      return unseal(sealed, this.sealingKey, kid);
    } catch (cause) {
      const advice = 'Give every instance on this database the APP_SECRET that it was set up with.';
      throw new Error(`APP_SECRET does not open the signing keys of this database. ${advice}`, { cause });
    }
  }

  private published(): readonly LoadedKey[] {
    const now = this.clock.now();
    return this.keys.filter((key) => key.publishedUntil === null || key.publishedUntil > now);
  }
}
