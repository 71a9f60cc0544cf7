const { verifyMessage } = require('viem');
const { generatePrivateKey, privateKeyToAccount } = require('viem/accounts');
const { answer } = require('../answer');
const { loop } = require('../load');

let signed;

async function open() {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const message = 'localhost wants you to sign in with your Ethereum account';
  signed = { address: wallet.address, message, signature: await wallet.signMessage({ message }) };
  return true;
}

async function verifyOnce() {
  if (!(await verifyMessage(signed))) throw new Error('A signature was not found good');
}

answer({ open, run: (seconds) => loop(1, seconds, verifyOnce) });
