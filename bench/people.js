const { connect } = require('./client');

const PASSWORD = 'a password of the bench';

/** Registers people, each signed in twice: `refreshToken` and `secondRefreshToken` are of two sessions. */
function registerPeople(origin, number) {
  return Promise.all(
    Array.from({ length: number }, async (_, index) => {
      const client = connect(origin);
      const person = { email: `person-${index}@example.com`, password: PASSWORD };
      const first = await client.post('/auth/register', { ...person, name: `Person ${index}` }, 201);
      const second = await client.post('/auth/login', person);
      const { token, refreshToken } = first;
      return { ...person, token, refreshToken, secondRefreshToken: second.refreshToken };
    }),
  );
}

module.exports = { registerPeople };
