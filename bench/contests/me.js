const { BetterAuth, signIn, signUp } = require('../better-auth');
const { startFloor } = require('../child');
const { connect } = require('../client');
const { contestant } = require('../contestant');
const { connectionTo } = require('../database');
const { ratioGoal } = require('../goals');
const { measure } = require('../measure');
const { CONNECTIONS, CROWD } = require('../plan');
const { startServer } = require('../server');
const { rateTable } = require('../table');

const TITLE = 'GET /auth/me';
const GATEHOUSE = 'Gatehouse';
const UNCACHED = 'Gatehouse, SESSION_CACHE=0';
const PEER = 'better-auth';
const CACHED_PEER = 'better-auth, cookie cache';
const READ = 'bare Fastify + verification + one primary-key read';

const FLOORS = [
  { handler: 'read', name: READ },
  { handler: 'verified', name: 'bare Fastify + verification' },
  { handler: 'static', name: 'bare Fastify, static JSON' },
];

const NOTES = [
  `${CONNECTIONS} sessions, each asked again and again with its own token. Our answer holds the user, better-auth's \
(\`GET /api/auth/get-session\`) user and session; each answer is looked at for the email of the one who asks.`,
  `\`${UNCACHED}\` is a second process on the same database: one statement for each request, which asks whether the \
session lives and whether the user may have it. The floor reads the user alone.`,
  `With its cookie cache better-auth believes a signed cookie until that runs out, so a session that was ended lives on \
there. That the cookie was used is tried before the contest, with a session that is no more in the database.`,
];

async function hold({ server, pool, people, ...conditions }) {
  const contestants = [
    ...(await ours(server, people)),
    ...(await peers(pool, server.dataDir)),
    ...(await floors(server, people)),
  ];
  const measured = await measure(TITLE, contestants, conditions);
  const goals = [
    ratioGoal({ of: GATEHOUSE, over: PEER, atLeast: 10 }, measured),
    ratioGoal({ of: GATEHOUSE, over: CACHED_PEER, atLeast: 7 }, measured),
    ratioGoal({ of: GATEHOUSE, over: READ, moreThan: 1 }, measured),
    ratioGoal({ of: UNCACHED, over: PEER, atLeast: 4 }, measured),
  ];
  return { rows: measured.rows, tables: [rateTable(measured.rows)], goals, notes: NOTES };
}

async function ours(server, people) {
  const uncached = await startServer({ settings: { SESSION_CACHE: '0' }, beside: server });
  return [
    await asked({ name: GATEHOUSE, ...server }, people.map(bearer)),
    await asked({ name: UNCACHED, ...uncached }, people.map(bearer)),
  ];
}

const bearer = ({ email, token }) => ({
  path: '/auth/me',
  headers: { authorization: `Bearer ${token}` },
  proof: `"${email}"`,
});

const asked = ({ name, pid, origin }, requests) => contestant({ name, pid }, { origin, requests });

async function peers(pool, dataDir) {
  const peer = await BetterAuth.prepare(pool, dataDir);
  const plain = await peer.start();
  const cached = await peer.start({ cookieCache: true });
  const persons = await signUp(plain.origin, CONNECTIONS, 'me');
  await demandCookieCache(peer, plain.origin, cached.origin);
  const requests = ({ origin }) => Promise.all(persons.map((person) => withCookies(origin, person)));
  const contestants = [
    await asked({ name: PEER, ...plain }, await requests(plain)),
    await asked({ name: CACHED_PEER, ...cached }, await requests(cached)),
  ];
  await peer.addCrowd(CROWD);
  return contestants;
}

const withCookies = async (origin, person) => ({
  path: '/api/auth/get-session',
  headers: await signIn(origin, person),
  proof: `"${person.email}"`,
});

/** A session that only the cookie still knows of must be known by it, and by nothing else. */
async function demandCookieCache(peer, plain, cached) {
  const [person] = await signUp(plain, 1, 'gone');
  const headers = await signIn(cached, person);
  await peer
    .database()
    .query(`DELETE FROM session WHERE "userId" IN (SELECT id FROM "user" WHERE email = $1)`, [person.email]);
  const answers = await Promise.all(
    [cached, plain].map(async (origin) =>
      (await fetch(`${origin}/api/auth/get-session`, { headers })).json(),
    ),
  );
  const emails = answers.map((answer) => answer?.user?.email);
  if (emails[0] === person.email && emails[1] === undefined) return;
  throw new Error(`The cookie cache of better-auth is not used as it should be: ${JSON.stringify(answers)}`);
}

/** They answer the same JSON to the same tokens, verified by the key that the server publishes. */
async function floors(server, people) {
  const me = connect(server.origin, { authorization: `Bearer ${people[0].token}` });
  const given = {
    connection: connectionTo(server.dataDir),
    jwk: (await me.get('/.well-known/jwks.json')).keys[0],
    person: await me.get('/auth/me'),
  };
  const started = [];
  for (const { handler, name } of FLOORS) started.push(await startContestant(handler, name, given, people));
  return started;
}

async function startContestant(handler, name, given, people) {
  const floor = startFloor('me');
  const origin = await floor.ask('serve', { handler, ...given });
  const { authorization } = bearer(people[0]).headers;
  const answer = JSON.stringify(await connect(origin, { authorization }).get('/auth/me'));
  if (answer !== JSON.stringify(given.person)) throw new Error(`${name} answers something else: ${answer}`);
  // Only one of them reads who asks; the others answer the same to everybody.
  const requests = people.map((person) =>
    bearer(handler === 'read' ? person : { ...person, email: people[0].email }),
  );
  return asked({ name, pid: floor.pid, origin }, requests);
}

module.exports = { id: 'me', title: TITLE, hold };
