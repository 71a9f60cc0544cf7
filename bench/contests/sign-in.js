const { BetterAuth, signUp } = require('../better-auth');
const { contestant } = require('../contestant');
const { ratioGoal } = require('../goals');
const { bareHashes, costsOf } = require('../hashes');
const { measure } = require('../measure');
const { registerOthers } = require('../people');
const { CONNECTIONS } = require('../plan');
const { startServer } = require('../server');
const { rateTable } = require('../table');

const TITLE = 'Sign-in by password';
const BCRYPT = 'Gatehouse, bcrypt';
const ARGON2ID = 'Gatehouse, argon2id';

/** Of the rate at which the machine can hash: what is left is all that a sign-in does besides. */
const SHARE = 0.95;

const NOTES = [
  `A sign-in waits for its hash: with ${CONNECTIONS} in flight its latency is mostly the queue before the cores. \
better-auth hashes with scrypt, as it comes: its rate says more of its hash than of its code.`,
];

async function hold({ server, pool, people, ...conditions }) {
  const bcrypt = await costsOf(pool, people[0]);
  const bare = await bareHashes(bcrypt);
  const argon2id = await withArgon2id(server, pool);
  const contestants = [
    await signingIn(BCRYPT, server, '/auth/login', people),
    bare,
    ...argon2id.contestants,
    await peer(pool, server.dataDir),
  ];
  const measured = await measure(TITLE, contestants, conditions);
  const goals = [
    ratioGoal({ of: BCRYPT, over: bare.name, atLeast: SHARE }, measured),
    ...argon2id.floors.map(({ name }) => ratioGoal({ of: ARGON2ID, over: name, atLeast: SHARE }, measured)),
  ];
  return {
    rows: measured.rows,
    tables: [rateTable(measured.rows)],
    goals,
    notes: [...NOTES, ...argon2id.notes],
  };
}

const signingIn = (name, { pid, origin }, path, people) =>
  contestant(
    { name, pid },
    {
      origin,
      requests: people.map(({ email, password }) => ({
        method: 'POST',
        path,
        body: { email, password },
        proof: `"${email}"`,
      })),
    },
  );

/** A second process on the same database, and other people, whose hashes it made. */
async function withArgon2id(server, pool) {
  const second = await startServer({ settings: { PASSWORD_HASH: 'argon2id' }, beside: server });
  const people = await registerOthers(second.origin, CONNECTIONS, 'argon2id');
  const costs = await costsOf(pool, people[0]);
  if (costs.algorithm !== 'argon2id') {
    return { contestants: [], floors: [], notes: ['argon2id was left out: this server does not know it.'] };
  }
  const ours = await signingIn(ARGON2ID, second, '/auth/login', people);
  if (costs.library) {
    const floor = await bareHashes(costs);
    return { contestants: [ours, floor], floors: [floor], notes: [] };
  }
  return {
    contestants: [ours],
    floors: [],
    notes: ['argon2id alone was left out: its library is not known.'],
  };
}

async function peer(pool, dataDir) {
  const server = await (await BetterAuth.prepare(pool, dataDir)).start();
  const people = await signUp(server.origin, CONNECTIONS, 'sign-in');
  return signingIn('better-auth, scrypt', server, '/api/auth/sign-in/email', people);
}

module.exports = { id: 'sign-in', title: TITLE, hold };
