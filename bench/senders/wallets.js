const { generatePrivateKey, privateKeyToAccount } = require('viem/accounts');
const { createSiweMessage } = require('viem/siwe');
const { answer } = require('../answer');
const { HttpConnection, demand, requestOf } = require('../http-connection');
const { DONE, loopOver } = require('../load');

/** Several times as many as sign in at once: a user has a hundred sessions at most, each beyond it ends another. */
const WALLETS = 256;

/** Room for a turn that goes faster than the fastest before it. */
const ROOM = 1.5;
const FIRST_GUESS = 300;

let given;
let wallets;
let next = 0;
let fastest = FIRST_GUESS;
let signed = [];

function open(options) {
  given = options;
  wallets = Array.from({ length: WALLETS }, () => privateKeyToAccount(generatePrivateKey()));
  return true;
}

/** What the wallets sign, and that they do, is no work of the server's: it is done before the time begins. */
async function prepare(seconds) {
  const wanted = Math.ceil(ROOM * fastest * seconds) + given.connections;
  const connection = await HttpConnection.open(given.origin);
  while (signed.length < wanted) signed.push(await sign(connection, wallets[next++ % WALLETS]));
  connection.close();
  return true;
}

async function sign(connection, wallet) {
  const { origin, domain, uri } = given;
  const answered = await connection.exchange(requestOf({ origin, path: '/auth/nonce' }));
  demand(answered, {});
  const { nonce } = JSON.parse(answered.body);
  const { address } = wallet;
  const message = createSiweMessage({ domain, uri, address, chainId: 1, version: '1', nonce });
  const body = { message, signature: await wallet.signMessage({ message }) };
  return requestOf({ origin, method: 'POST', path: '/auth/login', body });
}

async function signIn(connection) {
  const request = signed.pop();
  if (!request) return DONE;
  demand(await connection.exchange(request), { proof: '"token"' });
}

async function run(seconds) {
  const result = await loopOver(given.origin, given.connections, seconds, signIn);
  fastest = Math.max(fastest, result.rate);
  return result;
}

answer({ open, prepare, run });
