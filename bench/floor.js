const { fork } = require('node:child_process');
const { once } = require('node:events');
const { join } = require('node:path');
const { atTheEnd } = require('./clean-up');

/** Starts `floors/<name>.js` in a process of its own and asks it by messages, one at a time. */
function startFloor(name, env = {}) {
  const child = fork(join(__dirname, 'floors', `${name}.js`), { env: { PATH: process.env.PATH, ...env } });
  atTheEnd(() => void child.kill());
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The floor ${name} ended (${signal ?? code})`);
  });
  // Only who waits for an answer needs to know.
  ended.catch(() => undefined);
  const ask = async (question, given) => {
    child.send({ question, given });
    const [answer] = await Promise.race([once(child, 'message'), ended]);
    return answer;
  };
  return { pid: child.pid, ask };
}

module.exports = { startFloor };
