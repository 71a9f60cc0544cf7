/** Connections, and so requests in flight. */
const CONNECTIONS = 16;

/** Seconds are for one turn of one contestant; a round gives each contestant a turn. */
const full = {
  crowd: 20_000,
  me: { rounds: 5, warmUp: 2, seconds: 3 },
  refresh: { rounds: 5, warmUp: 2, seconds: 3 },
  login: { rounds: 3, warmUp: 1, seconds: 5 },
};

const quick = {
  crowd: 20_000,
  me: { rounds: 2, warmUp: 1, seconds: 1 },
  refresh: { rounds: 2, warmUp: 1, seconds: 1 },
  login: { rounds: 1, warmUp: 0, seconds: 3 },
};

module.exports = { CONNECTIONS, full, quick };
