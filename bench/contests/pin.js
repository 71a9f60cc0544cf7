const { connect } = require('../client');
const { contestant } = require('../contestant');
const { ratioGoal } = require('../goals');
const { bareHashes, costsOf } = require('../hashes');
const { measure } = require('../measure');
const { registerOthers } = require('../people');
const { CONNECTIONS } = require('../plan');
const { rateTable } = require('../table');

const TITLE = 'Sign-in by PIN';
const SIGN_IN = 'POST /auth/login with name and PIN';
const SET = 'POST /auth/pin';
const PIN = '271828';

const NOTES = [
  'PINs are hashed like passwords. `POST /auth/pin` takes two hashes, because the account has a password that must be ' +
    'shown, and ends the account’s other sessions.',
];

async function hold({ server, pool, people, ...conditions }) {
  const bare = await bareHashes(await costsOf(pool, people[0]));
  const contestants = [await signingIn(server), await setting(server), bare];
  const measured = await measure(TITLE, contestants, conditions);
  const goals = [ratioGoal({ of: SIGN_IN, over: bare.name, atLeast: 0.95 }, measured)];
  return { rows: measured.rows, tables: [rateTable(measured.rows)], goals, notes: NOTES };
}

async function signingIn({ pid, origin }) {
  const names = Array.from({ length: CONNECTIONS }, (_, index) => `pin-${index}`);
  await Promise.all(names.map((name) => connect(origin).post('/auth/register', { name, pin: PIN }, 201)));
  const requests = names.map((name) => ({ method: 'POST', path: '/auth/login', body: { name, pin: PIN } }));
  return contestant({ name: SIGN_IN, pid }, { origin, requests });
}

/** Everybody sets their own PIN, the same again and again. */
async function setting({ pid, origin }) {
  const people = await registerOthers(origin, CONNECTIONS, 'pin-setter');
  const requests = people.map(({ token, password }, index) => ({
    method: 'POST',
    path: '/auth/pin',
    headers: { authorization: `Bearer ${token}` },
    body: { name: `pin-setter-${index}`, pin: PIN, currentPassword: password },
  }));
  return contestant({ name: SET, pid }, { origin, requests });
}

module.exports = { id: 'pin', title: TITLE, hold };
