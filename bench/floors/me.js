// Libraries come from the project's root: the floor stands on the versions that the server runs.
const { createPublicKey } = require('node:crypto');
const fastify = require('fastify');
const { verify } = require('jsonwebtoken');
const { Pool } = require('pg');
const { answer } = require('../answer');

/** The ways to answer `GET /auth/me`, each with one thing more than the one before. */
const handlers = {
  static: ({ person }) => {
    return async () => person;
  },

  verified: ({ person, jwk }) => {
    const checked = verification(jwk);
    return async (request) => {
      checked(request);
      return person;
    };
  },

  read: ({ jwk, connection }) => {
    const checked = verification(jwk);
    const pool = new Pool(connection);
    return async (request) => {
      const { sub } = checked(request);
      const { rows } = await pool.query(
        'SELECT id AS _id, email, name, created_at AS "createdAt" FROM users WHERE id = $1',
        [sub],
      );
      return { user: rows[0] };
    };
  },
};

/** @returns a function that yields the claims of a request's bearer token, or throws */
function verification(jwk) {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return ({ headers }) =>
    verify(headers.authorization.slice('Bearer '.length), key, { algorithms: ['ES256'] });
}

async function serve({ handler, ...given }) {
  const app = fastify();
  app.get('/auth/me', handlers[handler](given));
  return app.listen({ port: 0, host: '127.0.0.1' });
}

answer({ serve });
