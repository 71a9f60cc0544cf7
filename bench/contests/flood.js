const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { startSender } = require('../child');
const { goal } = require('../goals');
const { bareHashes, costsOf } = require('../hashes');
const { latencyTable, startProbe } = require('../probe');
const { say } = require('../progress');
const { startServer } = require('../server');
const { median } = require('../statistics');
const { milliseconds, percent, rate, toHundredths } = require('../words');

const TITLE = 'GET /auth/me in a flood of logins';
const LOOP_DELAY = join(__dirname, '..', 'loop-delay.js');
const IDLE = 'idle';
const FLOOD = 'in the flood';

/** Logins for each that the cores can hash. */
const TIMES = 2;

/** Sent at once, so that the queue of hashes (HASH_QUEUE) is full when the time begins. */
const BURST = 80;
const LEAD_SECONDS = 1;

/** How many times as long as when idle an answer may take. */
const MOST = 3;

/** On a process of its own, which tells how late its event loop comes. */
async function hold({ server, pool, people, rounds, seconds }) {
  const flooded = await startServer({ beside: server, required: LOOP_DELAY });
  const probe = await startProbe(flooded.origin, people);
  await probe(LEAD_SECONDS);
  const hashRate = await measuredHashRate(await costsOf(pool, people[0]));
  const flood = await startFlood(flooded.origin, people, TIMES * hashRate);
  const all = [];
  while (all.length < rounds) {
    const round = await takeRound({ probe, flood, seconds, loopDelay: flooded.askRequired });
    say(
      `${TITLE}, round ${all.push(round)} of ${rounds}: p99 ${ms(round.probe[IDLE].p99)}, ${ms(round.probe[FLOOD].p99)}`,
    );
  }
  return { rows: [], tables: tablesOf(all), goals: goalsOf(all), notes: notesOf(all, hashRate) };
}

const ms = (number) => `${milliseconds(number)} ms`;

async function measuredHashRate(costs) {
  const bare = await bareHashes(costs);
  return (await bare.run(2)).rate;
}

async function startFlood(origin, people, logins) {
  const sender = startSender('paced');
  const requests = people.map(({ email, password }) => ({
    method: 'POST',
    path: '/auth/login',
    body: { email, password },
  }));
  await sender.ask('open', { origin, requests, allowed: [200, 503] });
  return (seconds) => sender.ask('run', { seconds, rate: logins, burst: BURST });
}

async function takeRound({ probe, flood, seconds, loopDelay }) {
  await loopDelay();
  const idle = await probe(seconds);
  const loopIdle = await loopDelay();
  const flooding = flood(LEAD_SECONDS + seconds);
  await sleep(LEAD_SECONDS * 1_000);
  await loopDelay();
  const flooded = await probe(seconds);
  const loopFlooded = await loopDelay();
  const logins = await flooding;
  if (!logins[503]) throw new Error('The flood was none: no login was refused');
  return {
    probe: { [IDLE]: idle, [FLOOD]: flooded },
    loop: { [IDLE]: loopIdle, [FLOOD]: loopFlooded },
    logins,
  };
}

const loopTable = (rounds) => {
  const [[, ...heads], ...rows] = latencyTable(rounds.map(({ loop }) => loop));
  return [['how late the event loop came', ...heads], ...rows];
};

const tablesOf = (rounds) => [
  latencyTable(rounds.map(({ probe }) => probe)),
  loopTable(rounds),
  loginTable(rounds),
];

function loginTable(rounds) {
  const of = (status, key) => median(rounds.map(({ logins }) => logins[status]?.[key] ?? 0));
  const total = of(200, 'count') + of(503, 'count');
  const row = (name, status) => [
    name,
    percent(of(status, 'count') / total),
    milliseconds(of(status, 'p50')),
    milliseconds(of(status, 'p99')),
  ];
  return [['logins', 'share', 'p50 ms', 'p99 ms'], row('signed in', 200), row('refused with 503', 503)];
}

function goalsOf(rounds) {
  const ratio = median(rounds.map(({ probe }) => probe[FLOOD].p99 / probe[IDLE].p99));
  const allSayWhen = rounds.every(({ logins }) => logins[503].allSayWhen);
  return [
    goal(
      'p99 of GET /auth/me in a flood of logins ÷ when idle',
      `< ${MOST}`,
      toHundredths(ratio),
      ratio < MOST,
    ),
    goal('refused logins say when to come again', 'all', allSayWhen ? 'all' : 'not all', allSayWhen),
  ];
}

const notesOf = (rounds, hashRate) => [
  `${rate(TIMES * hashRate)} logins a second, ${TIMES} times what the cores can hash, after ${BURST} at once that fill the \
queue, sent at that pace whatever the answers do. Meanwhile, and before it, ${'`GET /auth/me`'} is asked at a steady pace; \
latencies count from the moment for which a request was meant.`,
  'Probe and flood come from two processes on the same cores, so what the probe waits for those cores itself is in its ' +
    'figures.',
  `${rounds.length === 1 ? 'One round' : `Medians of ${rounds.length} rounds`}; each login and each refusal is looked at.`,
];

module.exports = { id: 'flood', title: TITLE, hold };
