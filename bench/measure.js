const { setTimeout: sleep } = require('node:timers/promises');
const { residentMemory, withCores } = require('./cpu');
const { say } = require('./progress');
const { median, spread } = require('./statistics');
const { rate, toHundredths } = require('./words');

/** With more than so many cores busy with something else, a turn says little. */
const DISTURBED = 0.25;
const PAUSE = 2_000;

/**
 * Lets contestants take turns, so that what else happens on the machine meets all of them.
 * @param isPatient whether a turn that was disturbed is taken again, and again
 * @returns a row for each, and `compare`: the rate of one divided by that of another, compared round by round
 */
async function measure(title, contestants, { rounds, warmUp, isPatient, postgres, ...lengths }) {
  for (const contestant of contestants) {
    say(`${title}: warming up ${contestant.name}`);
    await contestant.prepare?.(warmUp);
    await contestant.run(warmUp);
  }
  const turns = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contestants) {
      const turn = await takeTurn(contestant, lengths, postgres, isPatient);
      turns.get(contestant.name).push(turn);
      say(`${title}, round ${round} of ${rounds}: ${rate(turn.rate)}/s  ${contestant.name}`);
    }
  }
  const compare = (one, other) =>
    spread(turns.get(one).map((turn, round) => turn.rate / turns.get(other)[round].rate));
  const [{ name: first }] = contestants;
  const rows = contestants.map((contestant) => ({
    ...rowOf(contestant, turns.get(contestant.name)),
    ratio: compare(first, contestant.name),
  }));
  return { rows, compare };
}

async function takeTurn({ pid, client, prepare, run }, { runUp, seconds }, postgres, isPatient) {
  for (;;) {
    await prepare?.(runUp + seconds);
    if (runUp) await run(runUp);
    const turn = await withCores({ server: pid, postgres, client }, () => run(seconds));
    if (!isPatient || !(turn.cores?.others > DISTURBED)) return turn;
    say(`Something else kept ${toHundredths(turn.cores.others)} cores busy: once more`);
    await sleep(PAUSE);
  }
}

const rowOf = ({ name, pid }, turns) => ({
  name,
  rate: spread(turns.map((turn) => turn.rate)),
  p50: median(turns.map((turn) => turn.p50)),
  p99: median(turns.map((turn) => turn.p99)),
  memory: residentMemory(pid),
  cores: turns[0].cores && mediansOf(turns.map((turn) => turn.cores)),
  disturbance: turns[0].cores && Math.max(...turns.map((turn) => turn.cores.others)),
});

const mediansOf = (cores) =>
  Object.fromEntries(Object.keys(cores[0]).map((name) => [name, median(cores.map((core) => core[name]))]));

module.exports = { measure };
