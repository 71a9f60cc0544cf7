const { connect } = require('./client');

const PASSWORD = 'a password of the bench';

/** Registers people by password. Each has three sessions: one to use, and of two the refresh tokens to spare. */
function registerPeople(origin, number) {
  return Promise.all(
    Array.from({ length: number }, async (_, index) => {
      const client = connect(origin);
      const person = await register(client, `person-${index}@example.com`);
      const { email, password } = person;
      const others = [];
      while (others.length < 2) others.push(await client.post('/auth/login', { email, password }));
      return { ...person, spareTokens: others.map(({ refreshToken }) => refreshToken) };
    }),
  );
}

/** The same with one session each. */
const registerOthers = (origin, number, kind) =>
  Promise.all(
    Array.from({ length: number }, (_, index) => register(connect(origin), `${kind}-${index}@example.com`)),
  );

async function register(client, email) {
  const given = { email, password: PASSWORD };
  const { token, refreshToken } = await client.post('/auth/register', { ...given, name: 'Somebody' }, 201);
  return { ...given, token, refreshToken };
}

module.exports = { PASSWORD, registerOthers, registerPeople };
