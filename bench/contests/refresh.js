const { connect } = require('../client');
const { connectionTo } = require('../database');
const { startFloor } = require('../floor');
const { loop } = require('../load');

/** Every connection spends and receives the tokens of its own session; so does every worker of the floor. */
async function refresh({ server, people }) {
  const connections = people.map(() => connect(server.origin));
  const tokens = people.map(({ refreshToken }) => refreshToken);
  const rotate = async (worker) => {
    const { refreshToken } = await connections[worker].post('/auth/refresh', {
      refreshToken: tokens[worker],
    });
    tokens[worker] = refreshToken;
  };
  return {
    title: 'POST /auth/refresh',
    ours: { name: 'Gatehouse', pid: server.pid, run: (seconds) => loop(people.length, seconds, rotate) },
    floors: [await statementAlone('its SQL statement alone, by pg', { server, people })],
  };
}

async function statementAlone(name, { server, people }) {
  const floor = startFloor('refresh');
  const refreshTokens = people.map(({ spareTokens }) => spareTokens.pop());
  await floor.ask('open', { connection: connectionTo(server.dataDir), refreshTokens });
  return { name, pid: floor.pid, run: (seconds) => floor.ask('run', seconds) };
}

module.exports = { refresh };
