// Loaded into the server by --require, so that the server needs to know nothing of it.
const { monitorEventLoopDelay } = require('node:perf_hooks');

/** Milliseconds between two looks. A delay is what one comes later than that. */
const RESOLUTION = 10;
const NANOSECONDS = 1e6;

const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
delays.enable();

const late = (nanoseconds) => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION);

/** Answers what was seen since the last question. */
process.on('message', () => {
  process.send({
    p50: late(delays.percentile(50)),
    p99: late(delays.percentile(99)),
    longest: late(delays.max),
  });
  delays.reset();
});
// Who listens must not keep the server from ending.
process.channel.unref();
