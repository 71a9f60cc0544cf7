const { once } = require('node:events');
const { createServer } = require('node:http');
// The server's own version, also for the peer.
const { Pool } = require('pg');
const { answer } = require('../answer');

/** Longer than any bench: cached sessions must not run out in the middle of a turn. */
const CACHED_SECONDS = 3_600;

/**
 * better-auth as its documentation has it for Node: its own Kysely on a pool of pg, tables made by its own
 * migrations, `toNodeHandler` on node:http, nothing in between. What would refuse a bench is off: its limits.
 */
async function serve({ connection, secret, cookieCache }) {
  // It is published as ES modules alone.
  const { betterAuth } = await import('better-auth');
  const { getMigrations } = await import('better-auth/db/migration');
  const { toNodeHandler } = await import('better-auth/node');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const options = {
    baseURL: origin,
    secret,
    database: new Pool(connection),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    session: { cookieCache: { enabled: cookieCache, maxAge: CACHED_SECONDS } },
    telemetry: { enabled: false },
  };
  await (await getMigrations(options)).runMigrations();
  server.on('request', toNodeHandler(betterAuth(options)));
  return origin;
}

answer({ serve });
