const autocannon = require('autocannon');
const { tally } = require('./statistics');

/** autocannon looks this often (milliseconds) whether its time is up. */
const GRAIN = 100;

/**
 * GETs one URL over as many connections as there are tokens, each connection with its own.
 * @throws Error when any answer is not 200
 */
async function get(url, tokens, seconds) {
  const waiting = [...tokens];
  const latencies = [];
  const statuses = new Set();
  const begun = performance.now();
  let last = begun;
  const shooting = autocannon({
    url,
    connections: tokens.length,
    duration: seconds,
    sampleInt: GRAIN,
    setupClient: (client) => client.setHeaders({ authorization: `Bearer ${waiting.pop()}` }),
  });
  // Its own histogram counts whole milliseconds, and a request takes few of them.
  shooting.on('response', (_client, status, _bytes, milliseconds) => {
    statuses.add(status);
    latencies.push(milliseconds);
    last = performance.now();
  });
  const { errors, timeouts } = await shooting;
  const bad = [...statuses].filter((status) => status !== 200);
  if (bad.length > 0 || errors > 0 || latencies.length === 0) {
    throw new Error(
      `GET ${url}: answers ${bad.join(', ') || 'lost'}, ${errors} errors, ${timeouts} timeouts`,
    );
  }
  return tally(latencies, last - begun);
}

/** Each worker takes step after step; what is under way when the time is up is finished and counted. */
async function loop(workers, seconds, step) {
  const latencies = [];
  const begun = performance.now();
  const work = async (_, worker) => {
    while (performance.now() - begun < seconds * 1_000) {
      const started = performance.now();
      await step(worker);
      latencies.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return tally(latencies, performance.now() - begun);
}

module.exports = { get, loop };
