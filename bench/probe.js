const { startSender } = require('./child');
const { milliseconds } = require('./words');
const { median } = require('./statistics');

/** Requests a second: enough for a 99th percentile, too few to be a load. */
const RATE = 200;

/** Asks GET /auth/me at a steady pace, from a process of its own. */
async function startProbe(origin, people) {
  const sender = startSender('paced');
  const requests = people.map(({ token }) => ({
    path: '/auth/me',
    headers: { authorization: `Bearer ${token}` },
  }));
  await sender.ask('open', { origin, requests, allowed: [200] });
  return async (seconds) => (await sender.ask('run', { seconds, rate: RATE }))[200];
}

/** Rows of what the probe saw: medians of the rounds. */
const latencyTable = (rounds) => [
  [`GET /auth/me, ${RATE} a second`, 'p50 ms', 'p99 ms', 'longest ms'],
  ...Object.keys(rounds[0]).map((name) => [
    name,
    ...['p50', 'p99', 'longest'].map((key) => milliseconds(median(rounds.map((round) => round[name][key])))),
  ]),
];

module.exports = { latencyTable, startProbe };
