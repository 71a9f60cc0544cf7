import { Inject, Injectable, Logger } from '@nestjs/common';
import { IssuerCalls, reasonOf } from '../auth/exchange/issuer-calls';
import { parseJson } from '../platform/json/parse-json';
import { CrossmintIssuer } from './crossmint-issuer';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';

const SESSIONS = '/api/2024-09-26/session/sdk/auth';
const WALLETS = '/api/2025-06-09/wallets';
/** Of those that mean no: what came too late, too early or too often may be asked again, and so may what met another. */
const NO_REFUSAL = [408, 409, 425, 429];
/** These say that our key is no good, and nothing of the person. */
const KEY_REFUSED = [401, 403];
const PRINTABLE = /^[\x20-\x7e]+$/;
const SUI_ADDRESS = /^0x[0-9a-f]{64}$/i;

/** What a refresh token was exchanged for there. */
export interface RefreshAnswer {
  readonly jwt: string;
  readonly secret: string;
  /** Null where the issuer does not say. */
  readonly expiresAt: string | null;
  readonly email: string | null;
}

/** An answer; or a refusal, which will be the same again; or nothing that says anything. */
export type Asked<T> =
  | { readonly outcome: 'accepted'; readonly answer: T }
  | { readonly outcome: 'refused' | 'unavailable'; readonly reason: string; readonly status?: number };

/** Crossmint's own API, as its SDK for servers uses it. */
@Injectable()
export class CrossmintApi {
  private readonly logger = new Logger('Crossmint');

  constructor(
    private readonly calls: IssuerCalls,
    private readonly issuer: CrossmintIssuer,
    @Inject(crossmintSettings.token) private readonly settings: CrossmintSettings,
  ) {}

  /** Exchanges a refresh token there; the one that is given may be spent by it. */
  async refresh(secret: string): Promise<Asked<RefreshAnswer>> {
    // 401 is what it says to a refresh token.
    const asked = await this.post(`${SESSIONS}/refresh`, { refresh: secret }, readRefreshAnswer);
    return asked.outcome === 'refused' && asked.status === 403 ? { ...asked, outcome: 'unavailable' } : asked;
  }

  /**
   * Ends the session there that a refresh token belongs to.
   * @throws Error when it can't be asked
   */
  async logout(secret: string): Promise<void> {
    const asked = await this.post(`${SESSIONS}/logout`, { refresh: secret }, () => true);
    if (asked.outcome === 'unavailable') throw new Error(asked.reason);
  }

  /**
   * Creates the Sui wallet of one of its users, or finds the one that is there: for one key there is one wallet.
   * @returns its address
   */
  async createWallet(subject: string, idempotencyKey: string): Promise<Asked<string>> {
    const owner = `userId:${subject}`;
    const headers = { 'x-idempotency-key': idempotencyKey };
    const created = await this.post(WALLETS, { chainType: 'sui', type: 'mpc', owner }, readAddress, headers);
    if (created.outcome === 'accepted') return created;
    if (KEY_REFUSED.some((status) => status === created.status)) {
      this.logger.error('Crossmint refuses CROSSMINT_SERVER_API_KEY: no wallets are created');
      return { ...created, outcome: 'unavailable' };
    }
    if (created.status !== 409) return created;
    // It met another one, maybe one that is there already.
    const found = await this.ask(`${WALLETS}/${encodeURIComponent(`${owner}:sui:mpc`)}`, {}, readAddress);
    return found.outcome === 'accepted' ? found : created;
  }

  private post<T>(
    path: string,
    body: object,
    read: (answer: unknown) => T | null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Asked<T>> {
    const request = { method: 'POST', body: JSON.stringify(body) };
    return this.ask(path, { ...request, headers: { 'content-type': 'application/json', ...headers } }, read);
  }

  private async ask<T>(
    path: string,
    request: RequestInit,
    read: (answer: unknown) => T | null,
  ): Promise<Asked<T>> {
    const { baseUrl, serverApiKey } = this.settings;
    const key = serverApiKey !== undefined && { 'x-api-key': serverApiKey };
    const headers = { accept: 'application/json', ...key, ...(request.headers as Record<string, string>) };
    const { allowPrivate } = this.issuer.issuer;
    const asked = await this.calls
      .fetch(`${baseUrl}${path}`, { ...request, headers }, allowPrivate)
      .then((answer) => readAnswer(answer, read))
      .catch((error: unknown) => ({ outcome: 'unavailable', reason: reasonOf(error) }) as const);
    if (asked.outcome === 'unavailable')
      this.logger.warn(`${path.split('/').slice(0, 4).join('/')}: ${asked.reason}`);
    return asked;
  }
}

async function readAnswer<T>(answer: Response, read: (answer: unknown) => T | null): Promise<Asked<T>> {
  const { status, ok } = answer;
  const reason = `answered ${status}`;
  if (!ok) {
    const final = status >= 400 && status < 500 && !NO_REFUSAL.includes(status);
    return { outcome: final ? 'refused' : 'unavailable', reason, status };
  }
  const result = read(parseJson(await answer.text()));
  return result === null
    ? { outcome: 'unavailable', reason: `${reason}, and nothing that can be read`, status }
    : { outcome: 'accepted', answer: result };
}

function readRefreshAnswer(answer: unknown): RefreshAnswer | null {
  const { jwt, refresh, user } = fieldsOf(answer);
  const { secret, expiresAt } = fieldsOf(refresh);
  const { email } = fieldsOf(user);
  if (typeof jwt !== 'string' || typeof secret !== 'string' || !PRINTABLE.test(secret)) return null;
  return { jwt, secret, expiresAt: textOr(expiresAt), email: textOr(email) };
}

function readAddress(answer: unknown): string | null {
  const { address } = fieldsOf(answer);
  return typeof address === 'string' && SUI_ADDRESS.test(address) ? address : null;
}

const textOr = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
