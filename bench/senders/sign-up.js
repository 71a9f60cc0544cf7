const { randomUUID } = require('node:crypto');
const { answer } = require('../answer');
const { demand, requestOf } = require('../http-connection');
const { loopOver } = require('../load');

let given;

/** Every request registers somebody new. */
async function signUp(connection) {
  const { origin, path, expected, body } = given;
  const email = `${randomUUID()}@example.com`;
  const request = requestOf({ origin, method: 'POST', path, body: { ...body, email } });
  demand(await connection.exchange(request), { expected, proof: email });
}

answer({
  open: (options) => Boolean((given = options)),
  run: (seconds) => loopOver(given.origin, given.connections, seconds, signUp),
});
