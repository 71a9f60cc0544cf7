const { answer } = require('../answer');
const { demand, requestOf } = require('../http-connection');
const { loopOver } = require('../load');

let origin;
let tokens;

/** Each connection spends and receives the tokens of its own session. */
function open(given) {
  ({ origin, tokens } = given);
  return true;
}

async function rotate(connection, worker) {
  const body = { refreshToken: tokens[worker] };
  const answered = await connection.exchange(
    requestOf({ origin, method: 'POST', path: '/auth/refresh', body }),
  );
  demand(answered, {});
  tokens[worker] = JSON.parse(answered.body).refreshToken;
}

answer({ open, run: (seconds) => loopOver(origin, tokens.length, seconds, rotate) });
