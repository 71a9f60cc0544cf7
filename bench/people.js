const { connect } = require('./client');

const PASSWORD = 'a password of the bench';

/** Registers people. Each has three sessions: one to use, and of two the refresh tokens to spare. */
function registerPeople(origin, number) {
  return Promise.all(
    Array.from({ length: number }, async (_, index) => {
      const client = connect(origin);
      const person = { email: `person-${index}@example.com`, password: PASSWORD };
      const { token, refreshToken } = await client.post(
        '/auth/register',
        { ...person, name: 'Somebody' },
        201,
      );
      const others = [await client.post('/auth/login', person), await client.post('/auth/login', person)];
      return { ...person, token, refreshToken, spareTokens: others.map((other) => other.refreshToken) };
    }),
  );
}

module.exports = { registerPeople };
