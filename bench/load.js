const { HttpConnection } = require('./http-connection');
const { tally } = require('./statistics');

/** Each worker takes step after step; what is under way when the time is up is finished and counted. */
async function loop(workers, seconds, step) {
  const latencies = [];
  const begun = performance.now();
  const work = async (_, worker) => {
    while (performance.now() - begun < seconds * 1_000) {
      const started = performance.now();
      if ((await step(worker)) === DONE) break;
      latencies.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return tally(latencies, performance.now() - begun);
}

/** What a step answers when there was nothing left to do. */
const DONE = Symbol('done');

/** The same over connections that are opened before the time begins, one for each worker. */
async function loopOver(origin, workers, seconds, step) {
  const connections = await Promise.all(Array.from({ length: workers }, () => HttpConnection.open(origin)));
  try {
    return await loop(workers, seconds, (worker) => step(connections[worker], worker));
  } finally {
    for (const connection of connections) connection.close();
  }
}

module.exports = { DONE, loop, loopOver };
