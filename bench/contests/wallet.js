const { startFloor } = require('../child');
const { bareContestant, contestant } = require('../contestant');
const { measure } = require('../measure');
const { CONNECTIONS } = require('../plan');
const { latencyTable, startProbe } = require('../probe');
const { say } = require('../progress');
const { PUBLIC_URL } = require('../server');
const { rateTable } = require('../table');

const TITLE = 'Sign-in by wallet';

const NOTES = [
  'Wallets on EVM chains, by EIP-4361: nonces were fetched and texts signed before the time began. The floor recovers ' +
    'the signer of one text with viem, in one thread. The server does so in a worker thread, so that others wait for the ' +
    'cores at most: what they feel of it stands in the second table.',
];

async function hold({ server, people, ...conditions }) {
  const { pid, origin } = server;
  const here = { domain: new URL(PUBLIC_URL).host, uri: PUBLIC_URL };
  const signIn = await contestant(
    { name: 'POST /auth/login with a signed text', pid, by: 'wallets' },
    { origin, ...here, connections: CONNECTIONS },
  );
  const prepare = (seconds) => signIn.sender.ask('prepare', seconds);
  const bare = await bareContestant({
    name: 'verification alone, viem, one thread',
    floor: startFloor('wallet'),
  });
  const { rows } = await measure(TITLE, [{ ...signIn, prepare }, bare], conditions);
  const probe = await startProbe(origin, people);
  const rounds = [];
  while (rounds.length < conditions.rounds)
    rounds.push(await besides(probe, { ...signIn, prepare }, conditions));
  return { rows, tables: [rateTable(rows), latencyTable(rounds)], goals: [], notes: NOTES };
}

/** What sign-ins cost everybody else. */
async function besides(probe, { prepare, run }, { seconds }) {
  say(`${TITLE}: GET /auth/me alone and beside`);
  await prepare(seconds);
  const alone = await probe(seconds);
  const [beside] = await Promise.all([probe(seconds), run(seconds)]);
  return { alone, [`beside ${CONNECTIONS} sign-ins by wallet at a time`]: beside };
}

module.exports = { id: 'wallet', title: TITLE, hold };
