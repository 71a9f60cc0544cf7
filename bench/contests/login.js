const { availableParallelism } = require('node:os');
const { connect } = require('../client');
const { startFloor } = require('../floor');
const { loop } = require('../load');

/** The server sizes its thread pool like this, so that hashes leave some threads free. */
const THREADS = availableParallelism() + 4;

function login({ server, people }) {
  const connections = people.map(() => connect(server.origin));
  const signIn = (worker) => {
    const { email, password } = people[worker];
    return connections[worker].post('/auth/login', { email, password });
  };
  const floor = startFloor('login', { UV_THREADPOOL_SIZE: THREADS });
  return {
    title: 'POST /auth/login',
    ours: { name: 'Gatehouse', pid: server.pid, run: (seconds) => loop(people.length, seconds, signIn) },
    floors: [
      {
        name: `bcrypt at cost 12, ${availableParallelism()} in flight`,
        pid: floor.pid,
        run: (seconds) => floor.ask('run', seconds),
      },
    ],
  };
}

module.exports = { login };
