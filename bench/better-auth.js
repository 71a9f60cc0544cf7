const { randomBytes } = require('node:crypto');
const { startPeer } = require('./child');
const { addCrowd, connectionTo, openDatabase } = require('./database');

const DATABASE = 'better_auth';
const PASSWORD = 'a password of the bench';

/** Its tables' rows, made others: see `addCrowd`. */
const ITS_TABLES = [
  { table: '"user"', changes: `'id', gen_random_uuid(), 'email', gen_random_uuid() || '@example.com'` },
  { table: 'account', each: '"user"', changes: `'id', gen_random_uuid(), 'userId', one.id` },
  {
    table: 'session',
    each: '"user"',
    changes: `'id', gen_random_uuid(), 'token', gen_random_uuid(), 'userId', one.id`,
  },
];

/** better-auth on a database of its own in the PostgreSQL that our server runs on. */
class BetterAuth {
  /** @param pool to our own database */
  static async prepare(pool, dataDir) {
    const { rowCount } = await pool.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await pool.query(`CREATE DATABASE ${DATABASE}`);
    return new BetterAuth(dataDir);
  }

  constructor(dataDir) {
    this.dataDir = dataDir;
    this.secret = randomBytes(32).toString('base64');
  }

  async start({ cookieCache = false } = {}) {
    const child = startPeer('better-auth');
    const connection = connectionTo(this.dataDir, DATABASE);
    const origin = await child.ask('serve', { connection, secret: this.secret, cookieCache });
    return { origin, pid: child.pid };
  }

  addCrowd(size) {
    return addCrowd(this.database(), size, ITS_TABLES);
  }

  database() {
    this.pool ??= openDatabase(this.dataDir, DATABASE);
    return this.pool;
  }
}

/** Signs people up. @returns what they sign in with */
const signUp = (origin, number, kind) =>
  Promise.all(
    Array.from({ length: number }, async (_, index) => {
      const person = { email: `${kind}-${index}@example.com`, password: PASSWORD };
      await ask(origin, '/api/auth/sign-up/email', { ...person, name: 'Somebody' });
      return person;
    }),
  );

/** @returns the header by which a browser would show the session */
async function signIn(origin, { email, password }) {
  const answer = await ask(origin, '/api/auth/sign-in/email', { email, password });
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  return { cookie: cookies.join('; ') };
}

async function ask(origin, path, body) {
  // As its own page would: what comes from a browser and says no origin is refused.
  const headers = { 'content-type': 'application/json', origin };
  const answer = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status === 200) return answer;
  throw new Error(`better-auth answered ${path} with ${answer.status}: ${await answer.text()}`);
}

module.exports = { BetterAuth, PASSWORD, signIn, signUp };
