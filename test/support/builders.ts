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
  app: TestApp,
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
