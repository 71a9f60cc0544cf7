const { randomInt } = require('node:crypto');
const { withAccessTokens } = require('../access-tokens');
const { answer } = require('../answer');
const { demand, requestOf } = require('../http-connection');
const { loopOver } = require('../load');
const { SESSIONS_EACH, keys } = require('../scale/rows');

const LIFE = 24 * 60 * 60_000;

let given;
let requests;

/** Holds a token of each of very many sessions. */
async function open(options) {
  given = options;
  await withAccessTokens(given.environment, (issue) => {
    requests = Array.from({ length: given.people * SESSIONS_EACH }, (_, session) =>
      requestBy(session, issue),
    );
  });
  return requests.length;
}

function requestBy(session, issue) {
  const user = Math.floor(session / SESSIONS_EACH);
  const expiresAt = new Date(new Date().getTime() + LIFE);
  const token = issue({ id: keys.sessionId(session), userId: keys.userId(user), expiresAt });
  const headers = { authorization: `Bearer ${token}` };
  const proof = Buffer.from(`"${keys.email(user)}"`);
  return { bytes: requestOf({ origin: given.origin, path: '/auth/me', headers }), proof };
}

/** Whose turn it is is drawn at random. */
async function ask(connection) {
  const { bytes, proof } = requests[randomInt(requests.length)];
  demand(await connection.exchange(bytes), { proof });
}

answer({ open, run: (seconds) => loopOver(given.origin, given.connections, seconds, ask) });
