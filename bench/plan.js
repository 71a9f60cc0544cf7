/** Connections, and so requests in flight. */
const CONNECTIONS = 16;

/** Users and sessions in the tables besides those that are used. */
const CROWD = 20_000;

/**
 * In a round every contestant has a turn of so many `seconds`; those of the `runUp` before it don't count:
 * pools have closed their idle connections, caches hold what another contestant left.
 */
const full = {
  me: { rounds: 5, warmUp: 8, runUp: 0.3, seconds: 2 },
  refresh: { rounds: 5, warmUp: 8, runUp: 0.3, seconds: 2 },
  'sign-in': { rounds: 3, warmUp: 1, runUp: 0, seconds: 4 },
  'sign-up': { rounds: 3, warmUp: 1, runUp: 0, seconds: 3 },
  pin: { rounds: 3, warmUp: 1, runUp: 0, seconds: 3 },
  wallet: { rounds: 3, warmUp: 2, runUp: 0.3, seconds: 2 },
  flood: { rounds: 3, seconds: 6 },
};

const quick = {
  me: { rounds: 2, warmUp: 1, runUp: 0.2, seconds: 0.6 },
  refresh: { rounds: 2, warmUp: 1, runUp: 0.2, seconds: 0.6 },
  'sign-in': { rounds: 1, warmUp: 0, runUp: 0, seconds: 2 },
  'sign-up': { rounds: 1, warmUp: 0, runUp: 0, seconds: 2 },
  pin: { rounds: 1, warmUp: 0, runUp: 0, seconds: 2 },
  wallet: { rounds: 1, warmUp: 1, runUp: 0.2, seconds: 0.8 },
  flood: { rounds: 1, seconds: 3 },
};

module.exports = { CONNECTIONS, CROWD, full, quick };
