const { percent, rate, toHundredths } = require('./words');

/** What the project promises, beside what was measured. */
const goal = (promise, aim, measured, isMet) => ({ promise, aim, measured, isMet });

/** That one contestant's rate is so many times another's, `atLeast` or `moreThan`. */
function ratioGoal({ of, over, atLeast, moreThan }, { compare }) {
  const { median, deviation } = compare(of, over);
  const measured = `${toHundredths(median)} ± ${percent(deviation)}`;
  return moreThan === undefined
    ? goal(`${of} ÷ ${over}`, `≥ ${atLeast}`, measured, median >= atLeast)
    : goal(`${of} ÷ ${over}`, `> ${moreThan}`, measured, median > moreThan);
}

/** That it is so many a second or, where the machine has not that many in it, such a share of its floor. */
function rateOrShareGoal({ of, over, atLeast, share }, { rows, compare }) {
  const reached = rows.find(({ name }) => name === of).rate.median;
  const ratio = compare(of, over).median;
  return goal(
    `${of} ÷ ${over}`,
    `≥ ${rate(atLeast)}/s or ≥ ${percent(share)}`,
    `${rate(reached)}/s, ${percent(ratio)}`,
    reached >= atLeast || ratio >= share,
  );
}

module.exports = { goal, rateOrShareGoal, ratioGoal };
