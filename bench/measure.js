const { setTimeout: sleep } = require('node:timers/promises');
const { withCores } = require('./cpu');
const { say } = require('./progress');
const { median, spread } = require('./statistics');
const { rate, toHundredths } = require('./words');

/** With more than so many cores busy with something else, a turn says little. */
const DISTURBED = 0.25;
const PAUSE = 2_000;

/**
 * Lets contestants take turns, so that what else happens on the machine meets all of them.
 * @param isPatient whether a turn that was disturbed is taken again, and again
 * @returns a row for each, ours first; `ratio` is our rate divided by its rate, compared round by round
 */
async function measure({ title, ours, floors }, { rounds, warmUp, isPatient, ...lengths }, postgres) {
  const [nearest, ...further] = floors;
  const contestants = [nearest, ours, ...further];
  for (const { name, run } of contestants) {
    say(`${title}: warming up ${name}`);
    await run(warmUp);
  }
  const turns = new Map(contestants.map((contestant) => [contestant, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contestants) {
      const turn = await takeTurn(contestant, lengths, postgres, isPatient);
      turns.get(contestant).push(turn);
      say(`${title}, round ${round} of ${rounds}: ${rate(turn.rate)}/s  ${contestant.name}`);
    }
  }
  const rows = [ours, ...floors].map((contestant) =>
    rowOf(contestant, turns.get(contestant), turns.get(ours)),
  );
  return { title, rows };
}

async function takeTurn({ pid, run }, { runUp, seconds }, postgres, isPatient) {
  for (;;) {
    if (runUp) await run(runUp);
    const turn = await withCores({ server: pid, postgres }, () => run(seconds));
    if (!isPatient || !(turn.cores?.others > DISTURBED)) return turn;
    say(`Something else kept ${toHundredths(turn.cores.others)} cores busy: once more`);
    await sleep(PAUSE);
  }
}

const rowOf = ({ name }, turns, ourTurns) => ({
  name,
  rate: spread(turns.map((turn) => turn.rate)),
  ratio: spread(turns.map((turn, round) => ourTurns[round].rate / turn.rate)),
  p50: median(turns.map((turn) => turn.p50)),
  p99: median(turns.map((turn) => turn.p99)),
  cores: turns[0].cores && mediansOf(turns.map((turn) => turn.cores)),
  disturbance: turns[0].cores && Math.max(...turns.map((turn) => turn.cores.others)),
});

const mediansOf = (cores) =>
  Object.fromEntries(Object.keys(cores[0]).map((name) => [name, median(cores.map((core) => core[name]))]));

module.exports = { measure };
