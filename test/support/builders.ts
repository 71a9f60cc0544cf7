import { randomBytes } from 'node:crypto';
import type { TestApp } from './test-app';

export const GOOD_PASSWORD = 'secure-password-123';

export const someEmail = (): string => `person-${randomBytes(6).toString('hex')}@example.com`;

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** A registered, signed-in person; a test states only what matters to it. */
export async function register(
  app: Pick<TestApp, 'http'>,
  given: { email?: string; password?: string; name?: string } = {},
): Promise<Person> {
  const body = { email: someEmail(), password: GOOD_PASSWORD, ...given };
  const answer = await app.http.post('/auth/register').send(body).expect(201);
  const { user, token, refreshToken } = answer.body as {
    user: { _id: string };
    token: string;
    refreshToken: string;
  };
  return { id: user._id, email: body.email, password: body.password, token, refreshToken };
}

export const bearer = (token: string): [string, string] => ['Authorization', `Bearer ${token}`];

/** The status of GET /auth/me with this access token. */
export async function statusOf(app: TestApp, token: string): Promise<number> {
  return (await app.http.get('/auth/me').set(...bearer(token))).status;
}

export const refresh = (app: TestApp, refreshToken: string) =>
  app.http.post('/auth/refresh').send({ refreshToken });

/** The cookies that an answer sets, by name: value and attributes. */
export function cookiesOf(answer: { headers: Record<string, unknown> }): Record<string, Cookie> {
  const lines = (answer.headers['set-cookie'] ?? []) as string[];
  return Object.fromEntries(
    lines.map((line) => {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [name, { value, attributes }];
    }),
  );
}

export interface Cookie {
  readonly value: string;
  readonly attributes: string[];
}

/** A Cookie header: `cookie({ accessToken })`. */
export const cookie = (values: Record<string, string>): [string, string] => [
  'Cookie',
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join('; '),
];

export interface PinPerson {
  readonly id: string;
  readonly name: string;
  readonly pin: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export const someName = (): string => `user-${randomBytes(6).toString('hex')}`;

/** A person who registered by name and PIN, signed in on cookies. */
export async function registerPin(
  app: Pick<TestApp, 'http'>,
  given: { name?: string; pin?: string } = {},
): Promise<PinPerson> {
  const body = { name: someName(), pin: '4711', ...given };
  const answer = await app.http.post('/auth/register').send(body).expect(201);
  const { accessToken, refreshToken } = cookiesOf(answer);
  return {
    ...body,
    id: answer.body.user._id,
    accessToken: accessToken?.value ?? '',
    refreshToken: refreshToken?.value ?? '',
  };
}

/** Marks an email as verified, as its owner would by the mailed link. */
export const verifyEmail = (app: TestApp, id: string): Promise<unknown> =>
  app.database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [id]);

/** Gives a person with a password a PIN too. */
export async function givePin(
  app: Pick<TestApp, 'http'>,
  token: string,
  given: { name?: string; pin?: string } = {},
): Promise<{ name: string; pin: string }> {
  const body = { name: someName(), pin: '4711', ...given };
  const sent = app.http.post('/auth/pin').set(...bearer(token));
  await sent.send({ ...body, currentPassword: GOOD_PASSWORD }).expect(200);
  return body;
}

/** Holds a user's row, so that a change of credentials comes to a stop at it; lets go when it is called. */
export async function lockUser(app: TestApp, id: string): Promise<() => Promise<void>> {
  const stall = app.database.createQueryRunner();
  await stall.startTransaction();
  await stall.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [id]);
  return async () => {
    await stall.rollbackTransaction();
    await stall.release();
  };
}
