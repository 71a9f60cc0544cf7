import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';
import { cookiesOf, type Cookie } from './builders';
import type { TestApp } from './test-app';

/** An account of Ethereum with a key of its own. */
export const someAccount = (): PrivateKeyAccount => privateKeyToAccount(generatePrivateKey());

/** What `POST /auth/payload` gives out. */
export interface Payload {
  type?: string;
  domain: string;
  address: string;
  statement: string;
  uri: string;
  version: string;
  chain_id: string;
  nonce: string;
  issued_at: string;
  expiration_time: string;
  invalid_before: string;
  resources?: string[];
}

type App = Pick<TestApp, 'http'>;

export async function payloadFor(app: App, address: string, more: object = {}): Promise<Payload> {
  const answer = await app.http
    .post('/auth/payload')
    .send({ address, ...more })
    .expect(200);
  return answer.body.payload as Payload;
}

export async function nonceFrom(app: App): Promise<string> {
  return (await app.http.get('/auth/nonce').expect(200)).body.nonce as string;
}

/** The text of a payload as thirdweb's clients put it together, written down here once more: the server's is not asked. */
export function messageOf(payload: Payload, title = 'Ethereum'): string {
  const lines = [
    `${payload.domain} wants you to sign in with your ${title} account:`,
    payload.address,
    '',
    payload.statement,
    '',
    `URI: ${payload.uri}`,
    `Version: ${payload.version}`,
    `Chain ID: ${payload.chain_id}`,
    `Nonce: ${payload.nonce}`,
    `Issued At: ${payload.issued_at}`,
    `Expiration Time: ${payload.expiration_time}`,
    `Not Before: ${payload.invalid_before}`,
  ];
  if (payload.resources) lines.push('Resources:', ...payload.resources.map((uri) => `- ${uri}`));
  return lines.join('\n');
}

type Signer = Pick<PrivateKeyAccount, 'address' | 'signMessage'>;

export interface SignedPayload {
  readonly payload: Payload;
  readonly signature: string;
}

/** A payload of this server, signed as it is. */
export async function signedPayload(app: App, account: Signer, more: object = {}): Promise<SignedPayload> {
  const payload = await payloadFor(app, account.address, more);
  return { payload, signature: await account.signMessage({ message: messageOf(payload) }) };
}

export interface WalletSession {
  readonly token: string;
  readonly address: string;
  readonly cookies: Record<string, Cookie>;
}

/** Signs in by a wallet; with the cookies that the browser has already. */
export async function signInByWallet(app: App, account: Signer, has: string[] = []): Promise<WalletSession> {
  const body = await signedPayload(app, account);
  const sent = app.http.post('/auth/login');
  if (has.length > 0) void sent.set('Cookie', has.join('; '));
  const answer = await sent.send(body).expect(200);
  return { token: answer.body.token, address: body.payload.address, cookies: cookiesOf(answer) };
}

export const tokenCookie = (address: string): string => `thirdweb_auth_token_${address}`;
export const ACTIVE = 'thirdweb_auth_active_account';

/** The cookies of a browser in which an account is the one in use, and others are signed in beside it. */
export const jar = (active: WalletSession, ...others: WalletSession[]): [string, string] => [
  'Cookie',
  [
    ...[active, ...others].map(({ address, token }) => `${tokenCookie(address)}=${token}`),
    `${ACTIVE}=${active.address}`,
  ].join('; '),
];
