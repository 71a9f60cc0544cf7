const { fork } = require('node:child_process');
const { once } = require('node:events');
const { join } = require('node:path');
const { atTheEnd } = require('./clean-up');

/** Starts `<folder>/<name>.js` in a process of its own and asks it by messages, one at a time. */
function startChild(folder, name, env = {}) {
  const child = fork(join(__dirname, folder, `${name}.js`), { env: { PATH: process.env.PATH, ...env } });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${folder}/${name} ended (${signal ?? code})`);
  });
  // Only who waits for an answer needs to know.
  ended.catch(() => undefined);
  atTheEnd(() => {
    child.kill();
    return ended.catch(() => undefined);
  });
  const ask = async (question, given) => {
    child.send({ question, given });
    const [answer] = await Promise.race([once(child, 'message'), ended]);
    return answer;
  };
  return { pid: child.pid, ask };
}

/** What a contestant is compared with: the same without all that we do around it. */
const startFloor = (name, env) => startChild('floors', name, env);

/** Somebody else's server, as its documentation has it run in production. */
const startPeer = (name) => startChild('peers', name, { NODE_ENV: 'production' });

/** Who sends the requests: the same code for every contestant, beside the process that counts. */
const startSender = (name) => startChild('senders', name);

module.exports = { startFloor, startPeer, startSender };
