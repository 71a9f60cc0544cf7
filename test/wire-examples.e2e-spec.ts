import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { register } from './support/builders';
import { hasCurl } from './support/curl';
import { useApp } from './support/test-app';

/**
 * The shell examples of the wire reference, to the letter but for host and port. Where an example stands for a
 * value that only a server can give ("eyJhbGci..."), `$TOKEN` and `$REFRESH` stand here.
 */
const examples = {
  register: `curl -X POST http://localhost:3000/auth/register \\
-H "Content-Type: application/json" \\
-d '{
"email": "alice@example.com",
"password": "secure-password-123",
"name": "Alice Johnson"
}'`,
  login: `curl -X POST http://localhost:3000/auth/login \\
-H "Content-Type: application/json" \\
-d '{
"email": "alice@example.com",
"password": "secure-password-123"
}'`,
  me: `curl http://localhost:3000/auth/me \\
-H "Authorization: Bearer $TOKEN"`,
  refresh: `curl -X POST http://localhost:3000/auth/refresh \\
-H "Content-Type: application/json" \\
-d "{\\"refreshToken\\": \\"$REFRESH\\"}"`,
  changePassword: `curl -X POST http://localhost:3000/auth/change-password \\
-H "Content-Type: application/json" \\
-H "Authorization: Bearer $TOKEN" \\
-d '{
"currentPassword": "old-password",
"newPassword": "new-secure-password"
}'`,
  logout: `curl -X POST http://localhost:3000/auth/logout \\
-H "Authorization: Bearer $TOKEN"`,
  health: `curl http://localhost:3000/auth/health`,
};

(hasCurl ? describe : describe.skip)('the wire reference: its curl examples', () => {
  const app = useApp();
  const run = async (example: string, variables: Record<string, string> = {}) => {
    const script = example.replace('http://localhost:3000', app.url);
    const { stdout } = await promisify(execFile)('bash', ['-c', script], {
      env: { ...process.env, ...variables },
    });
    return JSON.parse(stdout);
  };

  it('run as written', async () => {
    const user = { _id: expect.any(String), email: 'alice@example.com', name: 'Alice Johnson' };
    const created = { ...user, createdAt: expect.any(String) };
    const tokens = { token: expect.any(String), refreshToken: expect.any(String) };

    expect(await run(examples.register)).toEqual({ user: created, ...tokens });
    const signedIn = await run(examples.login);
    expect(signedIn).toEqual({ user, ...tokens });
    expect(await run(examples.me, { TOKEN: signedIn.token })).toEqual({ user: created });
    const refreshed = await run(examples.refresh, { REFRESH: signedIn.refreshToken });
    expect(refreshed).toEqual(tokens);
    expect(refreshed.refreshToken).not.toBe(signedIn.refreshToken);
    expect(await run(examples.logout, { TOKEN: refreshed.token })).toEqual({
      message: 'Logged out successfully',
    });
    expect(await run(examples.health)).toEqual({
      status: 'healthy',
      providers: expect.arrayContaining(['local']),
    });

    const { token } = await register(app, { password: 'old-password' });
    expect(await run(examples.changePassword, { TOKEN: token })).toEqual({
      message: 'Password changed successfully',
    });
  });
});
