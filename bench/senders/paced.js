const { setTimeout: sleep } = require('node:timers/promises');
const { answer } = require('../answer');
const { HttpConnection, requestOf } = require('../http-connection');
const { percentile } = require('../statistics');

let given;
let requests;
let idle = [];

/** Sends at a given rate whatever the answers do, so that a slow server is not asked less for being slow. */
function open(options) {
  given = options;
  requests = options.requests.map((request) => requestOf({ origin: options.origin, ...request }));
  return true;
}

/** Latencies count from the moment for which a request was meant. The first `burst` are sent at once. */
async function run({ seconds, rate, burst = 0 }) {
  idle = [];
  const answers = [];
  const underWay = [];
  const begun = performance.now();
  const send = (index, meant) =>
    underWay.push(exchange(requests[index % requests.length]).then((got) => answers.push(seen(got, meant))));
  let sent = 0;
  while (sent < burst) send(sent++, begun);
  for (let beat = 0; beat < rate * seconds; beat++) {
    const meant = begun + (beat * 1_000) / rate;
    const wait = meant - performance.now();
    if (wait > 0) await sleep(wait);
    send(sent++, meant);
  }
  await Promise.all(underWay);
  for (const connection of idle) connection.close();
  return summaryOf(answers);
}

async function exchange(request) {
  const connection = idle.pop() ?? (await HttpConnection.open(given.origin));
  const got = await connection.exchange(request);
  idle.push(connection);
  return got;
}

const seen = ({ status, head }, meant) => ({
  status,
  latency: performance.now() - meant,
  saysWhen: /\r\nretry-after: \d+\r\n/i.test(head),
});

/** @throws Error when there is an answer of a kind that is not allowed */
function summaryOf(answers) {
  const kinds = [...new Set(answers.map(({ status }) => status))];
  const foreign = kinds.filter((status) => !given.allowed.includes(status));
  if (foreign.length > 0) throw new Error(`Answers of ${foreign.join(', ')}`);
  const summaries = kinds.map((kind) => [kind, summary(answers.filter(({ status }) => status === kind))]);
  return Object.fromEntries(summaries);
}

function summary(answers) {
  const latencies = answers.map(({ latency }) => latency);
  return {
    count: answers.length,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    longest: Math.max(...latencies),
    allSayWhen: answers.every(({ saysWhen }) => saysWhen),
  };
}

answer({ open, run });
