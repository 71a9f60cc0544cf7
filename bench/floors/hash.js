const { availableParallelism } = require('node:os');
const { answer } = require('../answer');
const { loop } = require('../load');

const SECRET = 'correct horse battery staple';

/** Each makes a function that hashes once, by the library and with the costs that the server has. */
const algorithms = {
  bcrypt: ({ cost }) => {
    const { hash } = require('bcrypt');
    return () => hash(SECRET, cost);
  },
  argon2id: ({ library, memory, passes, lanes }) => {
    const { argon2id: type, hash } = require(library);
    const costs = { memoryCost: memory, timeCost: passes, parallelism: lanes };
    // One library calls it `type` and makes it the default, the other calls it `algorithm` and does likewise.
    return () => hash(SECRET, type === undefined ? costs : { type, ...costs });
  },
};

let hashOnce;

function open({ algorithm, ...costs }) {
  hashOnce = algorithms[algorithm](costs);
  return true;
}

answer({ open, run: (seconds) => loop(availableParallelism(), seconds, hashOnce) });
