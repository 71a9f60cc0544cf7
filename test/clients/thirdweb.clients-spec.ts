import { signLoginPayload } from 'thirdweb/auth';
import { cookiesOf } from '../support/builders';
import { useApp } from '../support/test-app';
import { ACTIVE, payloadFor, someAccount, tokenCookie } from '../support/wallets';

describe('version 5 of thirdweb', () => {
  const app = useApp({ environment: { WALLET_RESOURCES: 'https://example.com/terms' } });

  it.each(['1', '137'])('signs in by signLoginPayload, on chain %s', async (chainId) => {
    const account = someAccount();
    const payload = await payloadFor(app, account.address.toLowerCase(), { chainId });
    const signed = await signLoginPayload({ payload, account });
    const answer = await app.http.post('/auth/login').send(signed).expect(200);
    expect(Object.keys(cookiesOf(answer))).toEqual([tokenCookie(account.address), ACTIVE]);
    const { body } = await app.http.get('/auth/user').set('Authorization', `Bearer ${answer.body.token}`);
    expect(body.address).toBe(account.address);
  });

  it('its payloads of another chain are refused', async () => {
    const account = someAccount();
    const payload = { ...(await payloadFor(app, account.address)), chain_id: '10' };
    const signed = await signLoginPayload({ payload, account });
    const answer = await app.http.post('/auth/login').send(signed);
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: "Expected chain ID '1' does not match chain ID on payload '10'" },
    ]);
  });
});
