import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Clock } from '../../platform/clock/clock';
import { parseJson } from '../../platform/json/parse-json';
import { IssuerUnavailable } from '../auth.errors';
import { reasonOf, type IssuerCalls } from './issuer-calls';
import type { JoseHeader } from './unchecked-jwt';
import type { TrustedIssuer } from './trusted-issuer';

/** Keys are asked for again after this time, while those that are known serve on; in ms. */
const FRESH = 10 * 60_000;
/** Older ones serve only once it was tried to get newer ones: a key may have been withdrawn meanwhile. */
const STALE = 60 * 60_000;
/** Older ones don't serve at all. */
const OLDEST = 24 * 60 * 60_000;
/** Between two fetches, so that made-up key ids cost the issuer nothing. */
const BETWEEN = 60_000;
/** The same while no key is known at all: then nobody can sign in, and the issuer may be back. */
const BETWEEN_FIRST = 5_000;
/** In bits (RFC 7518, 3.3). */
const SHORTEST_RSA = 2_048;
/** No issuer has more; each is looked at. */
const MOST_KEYS = 100;

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const EC: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
]);

/** What a token may be signed with: asymmetric ones alone, so that a public key is never taken for a secret. */
export const ASYMMETRIC: readonly string[] = [...RSA, ...[...EC.values()].flat()];

interface IssuerKey {
  readonly kid: string | undefined;
  /** Those that it may be used for, and none else (RFC 8725, 3.1). */
  readonly algorithms: readonly string[];
  readonly key: KeyObject;
}

/**
 * The keys of one issuer: fetched once for all who wait, kept, and fetched again when a key is not known, but at most once
 * a minute. While the issuer is away those that are known serve on.
 */
export class IssuerKeys {
  private readonly logger = new Logger('Issuers');
  private keys: readonly IssuerKey[] = [];
  private fetchedAt = -Infinity;
  private triedAt = -Infinity;
  /** Of the last fetch. */
  private failed = false;
  private pending?: Promise<void>;

  constructor(
    private readonly issuer: TrustedIssuer,
    private readonly calls: IssuerCalls,
    private readonly clock: Clock,
  ) {}

  /**
   * The key that a token says it is signed with; null where the issuer has none such.
   * @param header not to be trusted: it only chooses among the issuer's own keys, and where they come from it can't say
   * @throws IssuerUnavailable when it is not known and can't be asked for
   */
  async keyFor(header: JoseHeader): Promise<KeyObject | null> {
    if (this.known(header).length > 0 && this.age < OLDEST) await this.freshen();
    else await this.fetchFor();
    const fitting = this.known(header).filter(({ algorithms }) => algorithms.includes(header.alg));
    // Of several that a token without a key id could mean, none is guessed.
    return fitting.length === 1 ? (fitting[0]?.key ?? null) : null;
  }

  private get age(): number {
    return this.clock.now().getTime() - this.fetchedAt;
  }

  private known({ kid }: JoseHeader): readonly IssuerKey[] {
    return kid === undefined ? this.keys : this.keys.filter((one) => one.kid === kid);
  }

  /** Waits only where the known ones are old. */
  private async freshen(): Promise<void> {
    if (this.age < FRESH) return;
    const fetched = (this.mayFetch() ? this.fetch() : this.pending)?.catch(() => undefined);
    if (this.age >= STALE) await fetched;
  }

  private async fetchFor(): Promise<void> {
    if (this.pending) return this.pending;
    if (this.mayFetch()) return this.fetch();
    if (this.failed) throw new IssuerUnavailable();
  }

  private mayFetch(): boolean {
    const between = this.fetchedAt > -Infinity ? BETWEEN : BETWEEN_FIRST;
    return !this.pending && this.clock.now().getTime() - this.triedAt >= between;
  }

  private fetch(): Promise<void> {
    this.triedAt = this.clock.now().getTime();
    this.pending = this.ask()
      .then((keys) => {
        this.keys = keys;
        this.fetchedAt = this.triedAt;
        this.failed = false;
      })
      .catch((error: unknown) => {
        this.failed = true;
        this.logger.warn(`The keys of ${this.issuer.title} could not be fetched: ${reasonOf(error)}`);
        throw new IssuerUnavailable({ cause: error });
      })
      .finally(() => (this.pending = undefined));
    return this.pending;
  }

  private async ask(): Promise<readonly IssuerKey[]> {
    const { jwksUrl, allowPrivate } = this.issuer;
    const answer = await this.calls.fetch(jwksUrl, { headers: { accept: 'application/json' } }, allowPrivate);
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    const { keys } = (parseJson(await answer.text()) ?? {}) as { keys?: unknown };
    if (!Array.isArray(keys)) throw new Error('answered no set of keys');
    const good = keys.flatMap((jwk: unknown) => readKey(jwk) ?? []).slice(0, MOST_KEYS);
    // Of a server that is starting, or somebody in between: what is known is better, for a day.
    if (good.length === 0) throw new Error('answered no key that can be used');
    return good;
  }
}

/** Null for what is none, or not for signatures of ours to check. */
function readKey(jwk: unknown): IssuerKey | null {
  const fields = (jwk ?? {}) as Record<string, unknown>;
  const algorithms = algorithmsOf(fields);
  if (algorithms.length === 0 || !isForSignatures(fields)) return null;
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const { modulusLength = Infinity } = key.asymmetricKeyDetails ?? {};
    if (modulusLength < SHORTEST_RSA) return null;
    const { kid } = fields;
    return { kid: typeof kid === 'string' ? kid : undefined, algorithms, key };
  } catch {
    return null;
  }
}

/** Those that the key is made for, and of these the one that it names, if it does. */
function algorithmsOf({ kty, crv, alg }: Record<string, unknown>): readonly string[] {
  const possible = kty === 'RSA' ? RSA : kty === 'EC' ? (EC.get(crv) ?? []) : [];
  return alg === undefined ? possible : possible.filter((one) => one === alg);
}

const isForSignatures = ({ use, key_ops: operations }: Record<string, unknown>): boolean =>
  (use === undefined || use === 'sig') && (!Array.isArray(operations) || operations.includes('verify'));
