const { BetterAuth, PASSWORD } = require('../better-auth');
const { contestant } = require('../contestant');
const { measure } = require('../measure');
const { CONNECTIONS } = require('../plan');
const { rateTable } = require('../table');

const TITLE = 'Sign-up by password';

const NOTES = [
  'Each request registers somebody new and answers with a session. Ours also asks the new person by mail to verify the ' +
    'address: the mail’s job is written in the same transaction, and the mail to a folder.',
];

async function hold({ server, pool, ...conditions }) {
  const peer = await (await BetterAuth.prepare(pool, server.dataDir)).start();
  const contestants = [
    await signingUp('Gatehouse, bcrypt', server, '/auth/register', 201),
    await signingUp('better-auth, scrypt', peer, '/api/auth/sign-up/email', 200),
  ];
  const { rows } = await measure(TITLE, contestants, conditions);
  return { rows, tables: [rateTable(rows)], goals: [], notes: NOTES };
}

const signingUp = (name, { pid, origin }, path, expected) =>
  contestant(
    { name, pid, by: 'sign-up' },
    { origin, path, expected, connections: CONNECTIONS, body: { name: 'Somebody', password: PASSWORD } },
  );

module.exports = { id: 'sign-up', title: TITLE, hold };
