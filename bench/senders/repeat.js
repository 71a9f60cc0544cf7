const { answer } = require('../answer');
const { demand, requestOf } = require('../http-connection');
const { loopOver } = require('../load');

let origin;
let all;

/** Each connection sends its own request, again and again. */
function open(given) {
  origin = given.origin;
  all = given.requests.map(({ expected, proof, ...request }) => ({
    bytes: requestOf({ origin, ...request }),
    // As bytes: to be found in bytes.
    expectation: { expected, proof: proof && Buffer.from(proof) },
  }));
  return true;
}

async function send(connection, worker) {
  const { bytes, expectation } = all[worker];
  demand(await connection.exchange(bytes), expectation);
}

answer({ open, run: (seconds) => loopOver(origin, all.length, seconds, send) });
