const { setTimeout: sleep } = require('node:timers/promises');
const { generatePrivateKey, privateKeyToAccount } = require('viem/accounts');
const { createSiweMessage } = require('viem/siwe');
const { cleanUp } = require('./clean-up');
const { say } = require('./progress');
const { startServer } = require('./server');
const { median } = require('./statistics');

const BURST = 50;
const ROUNDS = 7;
const SIDE_PAUSE = 2;

/** What a burst of sign-ins by wallet costs everybody else: GET /auth/me, one after the other, beside it and alone. */
async function main() {
  say('Starting the server on a database of its own');
  const { origin } = await startServer({ LIMIT_WALLET_NONCES: '1000000', LIMIT_REGISTRATIONS: '1000000' });
  const accounts = Array.from({ length: BURST }, () => privateKeyToAccount(generatePrivateKey()));
  const token = await warmUp(origin, accounts);
  const rounds = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const bodies = await signAll(origin, accounts);
    await sleep(500);
    const alone = await beside(() => sleep(500), origin, token);
    const burst = await beside(() => signInAll(origin, bodies), origin, token);
    rounds.push({ alone, burst });
    say(`Round ${round} of ${ROUNDS}: ${BURST} sign-ins in ${burst.took.toFixed(0)} ms`);
  }
  console.log(tableOf(rounds));
}

async function warmUp(origin, accounts) {
  const answers = await signInAll(origin, await signAll(origin, accounts));
  return answers[0].token;
}

const signAll = (origin, accounts) => Promise.all(accounts.map((account) => sign(origin, account)));

async function sign(origin, account) {
  const { nonce } = await (await fetch(`${origin}/auth/nonce`)).json();
  const { host } = new URL(origin);
  const { address } = account;
  const port = host.split(':')[1];
  const here = { domain: `localhost:${port}`, uri: `http://localhost:${port}` };
  const message = createSiweMessage({ ...here, address, chainId: 1, version: '1', nonce });
  return { message, signature: await account.signMessage({ message }) };
}

const signInAll = (origin, bodies) => Promise.all(bodies.map((body) => signIn(origin, body)));

async function signIn(origin, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${origin}/auth/login`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status !== 200)
    throw new Error(`a sign-in was answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** Milliseconds of the work, and of the requests that were made beside it. */
async function beside(work, origin, token) {
  const times = [];
  let isDone = false;
  const asking = (async () => {
    while (!isDone) {
      times.push(
        await timeOf(() => fetch(`${origin}/auth/me`, { headers: { authorization: `Bearer ${token}` } })),
      );
      await sleep(SIDE_PAUSE);
    }
  })();
  const took = await timeOf(work);
  isDone = true;
  await asking;
  return { took, typical: median(times), worst: Math.max(...times) };
}

async function timeOf(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function tableOf(rounds) {
  const row = (title, name) => {
    const of = (key) => median(rounds.map((round) => round[name][key])).toFixed(1);
    return `| ${title} | ${of('typical')} | ${of('worst')} |`;
  };
  return [
    `| GET /auth/me, ms (medians of ${ROUNDS} rounds) | median | slowest |`,
    '| --- | ---: | ---: |',
    row('alone', 'alone'),
    row(`beside ${BURST} sign-ins by wallet at once`, 'burst'),
  ].join('\n');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => void cleanUp().then(() => process.exit(1)));
}

main()
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => cleanUp().then(() => process.exit()));
