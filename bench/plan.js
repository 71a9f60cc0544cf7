/** Connections, and so requests in flight. */
const CONNECTIONS = 16;

/** Users and sessions in the tables besides those that are used. */
const CROWD = 20_000;

/**
 * In a round every contestant has a turn of so many `seconds`; those of the `runUp` before it don't count:
 * pools have closed their idle connections, caches hold what another contestant left.
 */
const full = {
  me: { rounds: 5, warmUp: 4, runUp: 0.3, seconds: 2 },
  refresh: { rounds: 5, warmUp: 2, runUp: 0.3, seconds: 2 },
  login: { rounds: 3, warmUp: 1, runUp: 0, seconds: 4 },
};

const quick = {
  me: { rounds: 2, warmUp: 1, runUp: 0.2, seconds: 0.8 },
  refresh: { rounds: 2, warmUp: 1, runUp: 0.2, seconds: 0.8 },
  login: { rounds: 1, warmUp: 0, runUp: 0, seconds: 2 },
};

module.exports = { CONNECTIONS, CROWD, full, quick };
