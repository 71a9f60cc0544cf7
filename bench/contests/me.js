const { connect } = require('../client');
const { connectionTo } = require('../database');
const { startFloor } = require('../floor');
const { get } = require('../load');

const FLOORS = [
  { handler: 'read', name: 'bare Fastify + verification + one primary-key read' },
  { handler: 'verified', name: 'bare Fastify + verification' },
  { handler: 'static', name: 'bare Fastify, static JSON' },
];

/** The floors answer the same JSON to the same tokens, verified by the key that the server publishes. */
async function me({ server, people }) {
  const tokens = people.map(({ token }) => token);
  const given = {
    connection: connectionTo(server.dataDir),
    jwk: (await connect(server.origin).get('/.well-known/jwks.json')).keys[0],
    person: await answerOf(server.origin, tokens[0]),
  };
  const floors = [];
  for (const { handler, name } of FLOORS) floors.push(await startContestant(handler, name, given, tokens));
  return { title: 'GET /auth/me', ours: contestant('Gatehouse', server.pid, server.origin, tokens), floors };
}

async function startContestant(handler, name, given, tokens) {
  const floor = startFloor('me');
  const origin = await floor.ask('serve', { handler, ...given });
  const answer = JSON.stringify(await answerOf(origin, tokens[0]));
  if (answer !== JSON.stringify(given.person)) throw new Error(`${name} answers something else: ${answer}`);
  return contestant(name, floor.pid, origin, tokens);
}

const contestant = (name, pid, origin, tokens) => ({
  name,
  pid,
  run: (seconds) => get(`${origin}/auth/me`, tokens, seconds),
});

async function answerOf(origin, token) {
  const answer = await fetch(`${origin}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
  if (answer.status !== 200) throw new Error(`${origin} answered ${answer.status}`);
  return answer.json();
}

module.exports = { me };
