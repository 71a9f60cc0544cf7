import { Injectable } from '@nestjs/common';
import { isISO8601 } from 'class-validator';
import { Clock } from '../platform/clock/clock';
import type { LoginPayload } from './login-payload';
import { RelyingParty } from './relying-party';
import type { SignedPayload } from './signed-payloads';
import type { Issued } from './wallet-nonces';
import { InvalidNonce, LoginRefused } from './wallet.errors';

/** How far a client's clock may be from ours, where it writes the times itself. */
const SKEW = 5 * 60_000;
const LONGEST_AGE = 15 * 60_000;
/** Of what a refusal repeats, in characters. */
const LONGEST_ECHO = 100;

/** EIP-4361: RFC 3339, section 5.6. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

type Times = Pick<LoginPayload, 'issuedAt' | 'expirationTime' | 'notBefore'>;

/** Holds every field of a payload against what was issued, or else against what this server asks for. */
@Injectable()
export class LoginChecks {
  constructor(
    private readonly party: RelyingParty,
    private readonly clock: Clock,
  ) {}

  /**
   * In the order in which clients of this contract know the texts; the signature is not looked at.
   * @param issued what was given out with the nonce; null for a nonce that is not ours, or was used before
   * @throws LoginRefused
   */
  check(signed: SignedPayload, issued: Issued | null): void {
    this.checkParty(signed, issued);
    this.checkChain(signed, issued);
    if (!issued || (issued.payload && issued.payload.address !== signed.address)) {
      throw new InvalidNonce();
    }
    this.checkTimes(signed, issued);
    this.checkResources(signed);
  }

  private checkParty({ payload, ownText, family }: SignedPayload, issued: Issued | null): void {
    const { domain, scheme, uri, statement } = this.party;
    demand('chain type', issued?.payload?.type ?? family.type, payload.type);
    const before = (name: string | undefined): string => (name === undefined ? '' : `${name}://`);
    const expected = before(payload.scheme && scheme) + domain;
    demand('domain', expected, before(payload.scheme) + payload.domain);
    // A client that writes its own text says in it what it likes.
    if (!ownText) demand('statement', statement, payload.statement ?? '');
    demand('URI', uri, ownText ? withoutEmptyPath(payload.uri) : payload.uri);
    demand('version', '1', payload.version);
  }

  private checkChain({ payload, family }: SignedPayload, issued: Issued | null): void {
    const chain = family.readChain(payload.chainId);
    if (issued?.payload) demand('chain ID', issued.payload.chainId, chain ?? payload.chainId);
    const refusal = this.party.refusalOf(family, chain, payload.chainId);
    if (refusal !== null) throw new LoginRefused(refusal, 'chain ID');
  }

  private checkTimes({ payload, ownText }: SignedPayload, { payload: issued, expiresAt }: Issued): void {
    if (issued && !ownText) demandTimesOf(issued, payload);
    const now = this.clock.now().getTime();
    const issuedAt = timeOf('issued at', payload.issuedAt) ?? now;
    const start = timeOf('not before', payload.notBefore) ?? now;
    const end = timeOf('expiration time', payload.expirationTime) ?? Infinity;
    if (now < start || now < issuedAt - SKEW) {
      throw new LoginRefused('Login request is not yet valid', 'not before');
    }
    if (now >= Math.min(end, expiresAt.getTime(), issuedAt + LONGEST_AGE)) {
      throw new LoginRefused('Login request has expired', 'expiration time');
    }
  }

  private checkResources({ payload: { resources = [] }, ownText }: SignedPayload): void {
    const { resources: required } = this.party;
    const missing = required.filter((uri) => !resources.includes(uri));
    if (missing.length > 0) {
      const text = `Login request is missing required resources: ${missing.join(', ')}`;
      throw new LoginRefused(text, 'resources');
    }
    const same = resources.length === required.length;
    if (!ownText && !same) throw mismatch('resources', required.join(', '), resources.join(', '));
  }
}

/** @throws LoginRefused in the words that clients of this contract know */
function demand(what: string, expected: string, given: string): void {
  if (expected !== given) throw mismatch(what, expected, given);
}

function demandTimesOf(issued: Times, given: Times): void {
  demand('issued at', issued.issuedAt, given.issuedAt);
  demand('expiration time', issued.expirationTime ?? '', given.expirationTime ?? '');
  demand('not before', issued.notBefore ?? '', given.notBefore ?? '');
}

const mismatch = (what: string, expected: string, given: string): LoginRefused => {
  const echo = given.length > LONGEST_ECHO ? `${given.slice(0, LONGEST_ECHO)}…` : given;
  return new LoginRefused(`Expected ${what} '${expected}' does not match ${what} on payload '${echo}'`, what);
};

/** RFC 3986, 6.2.3: of a URI that is no more than an origin, the slash behind it says nothing. */
const withoutEmptyPath = (uri: string): string => uri.replace(/^(\w+:\/\/[^/]+)\/$/, '$1');

/** @throws LoginRefused for what is no time: it must not pass for no limit */
function timeOf(what: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = DATE_TIME.test(text) && isISO8601(text, { strict: true }) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw new LoginRefused(`Login request has no readable ${what}`, what);
  return time;
}
