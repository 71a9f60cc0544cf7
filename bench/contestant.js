const { startSender } = require('./child');

/**
 * A contestant that is sent requests by a process of its own.
 * @param by the sender: a file of senders/
 * @param given what the sender is to know
 */
async function contestant({ name, pid, by = 'repeat' }, given) {
  const sender = startSender(by);
  await sender.ask('open', given);
  return { name, pid, client: sender.pid, run: (seconds) => sender.ask('run', seconds), sender };
}

/** One that no request is sent to: it does its work by itself. */
async function bareContestant({ name, floor }, given) {
  await floor.ask('open', given);
  return { name, pid: floor.pid, run: (seconds) => floor.ask('run', seconds) };
}

module.exports = { bareContestant, contestant };
