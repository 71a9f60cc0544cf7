import {
  exchange,
  jwkOf,
  JWKS,
  jwtCookie,
  profileOf,
  someKey,
  useCrossmint,
  type Key,
} from './support/crossmint';
import { misbehaviours } from './support/provider';
import { useApp } from './support/test-app';

const environment: Record<string, string> = { ISSUER_TIMEOUT: '300ms' };
const crossmint = useCrossmint(environment);
const app = useApp({ environment });
beforeAll(() => void (crossmint.now = () => app.clock.now()));

const fetches = () => crossmint.timesAsked(JWKS);
/** A key that the issuer has never shown, with a JWT that it has signed. */
const unknown = (): string => crossmint.jwt({}, someKey(`unknown-${Math.random()}`, 'ES256'));
const statusOf = async (jwt: string): Promise<number> => (await exchange(app, jwt)).status;
/** Says that it can't be asked, and when to try again. */
async function isUnavailable(jwt: string): Promise<void> {
  const { body, headers } = await exchange(app, jwt).expect(503);
  expect(body).toEqual({
    error: 'The provider can’t be asked now; try again in a while',
    code: 'ISSUER_UNAVAILABLE',
  });
  expect(headers['retry-after']).toBe('10');
}

describe('the keys of an issuer', () => {
  it('are not asked for by what is no JWT', async () => {
    for (const jwt of ['', 'x', 'a.b.c', 'x'.repeat(8_192), crossmint.jwt().replace('.', '')]) {
      expect((await exchange(app, jwt)).status).toBeLessThan(500);
    }
    expect(fetches()).toBe(0);
  });

  it('that is away when the first JWT comes are asked for again in five seconds', async () => {
    const { port } = crossmint;
    await crossmint.close();
    await isUnavailable(crossmint.jwt());
    await crossmint.open(port);
    await isUnavailable(crossmint.jwt());
    app.clock.advance({ seconds: 5 });
    expect(await statusOf(crossmint.jwt())).toBe(200);
    expect(fetches()).toBe(1);
  });

  it('are fetched once for two hundred requests with a key that is not known', async () => {
    app.clock.advance({ minutes: 1 });
    const before = fetches();
    crossmint.slow.set(JWKS, 100);
    const jwt = unknown();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, turn) => statusOf(turn % 2 ? jwt : unknown())),
    );
    expect(new Set(answers)).toEqual(new Set([401]));
    expect(fetches() - before).toBe(1);
  });

  it('are fetched at most once a minute, however many keys are made up', async () => {
    app.clock.advance({ minutes: 1 });
    const before = fetches();
    for (let turn = 0; turn < 10; turn++) {
      expect(await statusOf(unknown())).toBe(401);
      app.clock.advance({ seconds: 5 });
    }
    expect(fetches() - before).toBe(1);
    app.clock.advance({ seconds: 10 });
    expect(await statusOf(unknown())).toBe(401);
    expect(fetches() - before).toBe(2);
  });

  it('that are new are found when they are needed', async () => {
    app.clock.advance({ minutes: 1 });
    const key = someKey('new', 'ES256');
    crossmint.keys.push(key);
    const before = fetches();
    expect(await statusOf(crossmint.jwt({}, key))).toBe(200);
    expect(await statusOf(crossmint.jwt({}, key))).toBe(200);
    expect(fetches() - before).toBe(1);
  });

  it('that were withdrawn are good for no more than ten minutes, and one request', async () => {
    const withdrawn = crossmint.keys.pop() as Key;
    const jwt = crossmint.jwt({}, withdrawn);
    expect(await statusOf(jwt)).toBe(200);
    app.clock.advance({ minutes: 10 });
    // This one has them fetched, and does not wait for it.
    expect(await statusOf(jwt)).toBe(200);
    for (let turn = 0; turn < 50 && (await statusOf(jwt)) === 200; turn++);
    expect(await statusOf(jwt)).toBe(401);
    await profileOf(app, jwtCookie(jwt)).expect(401);
  });

  it('that have not been asked for in an hour are asked for before one is taken', async () => {
    const withdrawn = someKey('for an hour', 'ES256');
    crossmint.keys.push(withdrawn);
    app.clock.advance({ minutes: 1 });
    expect(await statusOf(crossmint.jwt({}, withdrawn))).toBe(200);
    crossmint.keys.pop();
    app.clock.advance({ hours: 1 });
    crossmint.slow.set(JWKS, 100);
    expect(await statusOf(crossmint.jwt({}, withdrawn))).toBe(401);
  });

  it('are taken from what can be used', async () => {
    const [rsa, ec] = [someKey('rsa'), someKey('ec', 'ES256')];
    const odd = [
      null,
      42,
      {},
      { kty: 'oct', kid: 'secret', k: 'AAAA', alg: 'HS256' },
      { ...jwkOf(rsa), kid: 'for encryption', use: 'enc' },
      { ...jwkOf(rsa), kid: 'to sign', key_ops: ['sign'] },
      { ...jwkOf(rsa), kid: 'for HS256', alg: 'HS256' },
      { ...jwkOf(ec), kid: 'ec', alg: 'ES512' },
      { kty: 'EC', crv: 'P-256', kid: 'broken', x: 'AA', y: 'AA' },
      { kty: 'RSA', kid: 'rsa' },
    ];
    const keys = [...odd, jwkOf(rsa), ...crossmint.keys.map(jwkOf)];
    crossmint.wrong.set(JWKS, (_, response) => void response.writeHead(200).end(JSON.stringify({ keys })));
    app.clock.advance({ minutes: 1 });
    expect(await statusOf(crossmint.jwt({}, rsa))).toBe(200);
    expect(await statusOf(crossmint.jwt({}, ec))).toBe(401);
    for (const kid of ['for encryption', 'to sign', 'for HS256', 'secret']) {
      expect(await statusOf(crossmint.jwt({}, { ...rsa, kid }))).toBe(401);
    }
  });

  it('of one kid and two kinds are told apart by the algorithm', async () => {
    const twins = [someKey('twin'), someKey('twin', 'ES256')];
    crossmint.keys.push(...twins);
    app.clock.advance({ minutes: 1 });
    for (const key of twins) expect(await statusOf(crossmint.jwt({}, key))).toBe(200);
    crossmint.keys.splice(-2);
  });

  it('of which several could be meant by a JWT without a kid are not guessed', async () => {
    const key = someKey('alone', 'ES256');
    crossmint.keys.push(key);
    app.clock.advance({ minutes: 1 });
    expect(await statusOf(crossmint.jwt({}, key))).toBe(200);
    expect(await statusOf(crossmint.jwt({}, { ...key, kid: undefined }))).toBe(401);
    crossmint.keys.pop();
    // Of RSA there is one.
    expect(await statusOf(crossmint.jwt({}, { ...(crossmint.keys[0] as Key), kid: undefined }))).toBe(200);
  });
});

describe('an issuer that is away', () => {
  /** One that nobody waits for, and that hangs. */
  const fetchIsOver = () => new Promise((resolve) => setTimeout(resolve, 400));

  it.each(Object.keys(misbehaviours))('%s: known keys serve on, others wait, and it heals', async (name) => {
    crossmint.wrong.set(JWKS, misbehaviours[name as keyof typeof misbehaviours]);
    const known = crossmint.jwt();
    app.clock.advance({ minutes: 1 });
    await isUnavailable(unknown());
    const before = fetches();
    await isUnavailable(unknown());
    expect(fetches()).toBe(before);
    expect(await statusOf(known)).toBe(200);
    // Old, and it was tried: nobody waits.
    app.clock.advance({ minutes: 59 });
    expect(await statusOf(crossmint.jwt({ name }))).toBe(200);
    if (['hangs', 'drips'].includes(name)) await fetchIsOver();
    const key = someKey(`after ${name}`, 'ES256');
    crossmint.keys.push(key);
    crossmint.wrong.clear();
    app.clock.advance({ minutes: 1 });
    expect(await statusOf(crossmint.jwt({}, key))).toBe(200);
    crossmint.keys.pop();
  });

  it('for hours keeps nobody waiting but the first', async () => {
    crossmint.wrong.set(JWKS, misbehaviours.hangs);
    app.clock.advance({ hours: 3 });
    expect(await statusOf(crossmint.jwt())).toBe(200);
    app.clock.advance({ minutes: 1 });
    const before = fetches();
    const begun = performance.now();
    await Promise.all(
      Array.from({ length: 20 }, async () => expect(await statusOf(crossmint.jwt())).toBe(200)),
    );
    expect(fetches() - before).toBe(1);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('and slow: who needs a key waits, and no longer than ISSUER_TIMEOUT', async () => {
    await fetchIsOver();
    crossmint.slow.set(JWKS, 150);
    app.clock.advance({ minutes: 1 });
    expect(await statusOf(unknown())).toBe(401);
    crossmint.slow.set(JWKS, 60_000);
    app.clock.advance({ minutes: 1 });
    await isUnavailable(unknown());
  });
});
