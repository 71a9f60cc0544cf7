const { contestant } = require('./contestant');
const { residentMemory } = require('./cpu');
const { durableVersion, openDatabase } = require('./database');
const { goal } = require('./goals');
const { describeMachine } = require('./machine');
const { registerPeople } = require('./people');
const { CONNECTIONS } = require('./plan');
const { say } = require('./progress');
const { fill } = require('./scale/fill');
const { SESSIONS_EACH } = require('./scale/rows');
const { PUBLIC_URL, startServer } = require('./server');
const { milliseconds, rate } = require('./words');

const TITLE = 'Memory under load';
const PEOPLE = Math.ceil(100_000 / SESSIONS_EACH);

/** A row of the table for each. */
const STEPS = 20;
const SAMPLE_EVERY = 1_000;

/** Megabytes, as the promise has it: of a million bytes. */
const MOST = 200;
const MEBIBYTE = 1_024 ** 2 / 1e6;

/** Nobody renews a token here, so they must last. */
const SETTINGS = { ACCESS_TOKEN_TTL: '12h' };

/**
 * One instance, asked for very many sessions, many more than it remembers, while others sign in and renew their tokens.
 * @param minutes how long
 */
async function soak(minutes) {
  say('Starting the server on a database of its own');
  const server = await startServer({ settings: SETTINGS });
  const pool = openDatabase(server.dataDir);
  const machine = describeMachine(await durableVersion(pool));
  const load = await startLoad(server, pool);
  const steps = [{ name: 'before', memory: residentMemory(server.pid) }];
  const seconds = (60 * minutes) / STEPS;
  for (let step = 1; step <= STEPS; step++) {
    steps.push(await takeStep(load, server.pid, seconds, `${Math.round(step * seconds)} s`));
  }
  return sectionOf(steps, minutes, machine);
}

/** All who send: readers of all sessions, and of some the tokens and passwords. */
async function startLoad(server, pool) {
  const { origin, pid, dataDir } = server;
  say(`Adding ${PEOPLE * SESSIONS_EACH} sessions`);
  await fill(pool, 0, PEOPLE);
  const people = await registerPeople(origin, CONNECTIONS);
  say('Signing an access token for each session');
  const environment = { ...SETTINGS, DATA_DIR: dataDir, PUBLIC_URL };
  const readers = await contestant(
    { name: 'read', pid, by: 'crowd' },
    { origin, environment, people: PEOPLE, connections: CONNECTIONS },
  );
  const tokens = people.slice(0, 1).map(({ refreshToken }) => refreshToken);
  const refresher = await contestant({ name: 'refresh', pid, by: 'refresh' }, { origin, tokens });
  const requests = people.slice(1, 2).map(({ email, password }) => ({
    method: 'POST',
    path: '/auth/login',
    body: { email, password },
  }));
  return [readers, refresher, await contestant({ name: 'sign in', pid }, { origin, requests })];
}

async function takeStep(load, pid, seconds, name) {
  let memory = 0;
  const sampling = setInterval(() => (memory = Math.max(memory, residentMemory(pid))), SAMPLE_EVERY);
  const [read, refreshed, signedIn] = await Promise.all(load.map(({ run }) => run(seconds)));
  clearInterval(sampling);
  memory = Math.max(memory, residentMemory(pid));
  say(`${TITLE}, ${name}: ${memory.toFixed(0)} MiB, ${rate(read.rate)}/s`);
  return { name, memory, read, refreshed, signedIn };
}

function sectionOf(steps, minutes, machine) {
  const most = Math.max(...steps.map(({ memory }) => memory));
  const measured = `${(most * MEBIBYTE).toFixed(0)} MB (${most.toFixed(0)} MiB)`;
  return {
    id: 'soak',
    title: TITLE,
    date: new Date().toISOString().slice(0, 10),
    machine,
    disturbance: null,
    tables: [tableOf(steps)],
    goals: [
      goal('resident memory of one instance under load', `< ${MOST} MB`, measured, most * MEBIBYTE < MOST),
    ],
    notes: [
      `${minutes} minutes: ${CONNECTIONS} connections ask \`GET /auth/me\` for ${PEOPLE * SESSIONS_EACH} sessions, drawn at random, \
one connection renews its tokens and one signs in by password, each again and again. Memory is the highest resident memory of the \
server’s process, by a look each second. The sessions were written into the tables, and their tokens signed with the server’s own key.`,
    ],
  };
}

const tableOf = (steps) => [
  ['after', 'MiB', 'reads /s', 'p50 ms', 'p99 ms', 'renewals /s', 'sign-ins /s'],
  ...steps.map(({ name, memory, read, refreshed, signedIn }) => [
    name,
    memory.toFixed(0),
    ...(read ? [rate(read.rate), milliseconds(read.p50), milliseconds(read.p99)] : ['', '', '']),
    ...(read ? [rate(refreshed.rate), rate(signedIn.rate)] : ['', '']),
  ]),
];

module.exports = { soak };
