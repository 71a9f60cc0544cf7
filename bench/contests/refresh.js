const { startFloor } = require('../child');
const { bareContestant, contestant } = require('../contestant');
const { connectionTo } = require('../database');
const { rateOrShareGoal } = require('../goals');
const { measure } = require('../measure');
const { rateTable } = require('../table');

const TITLE = 'POST /auth/refresh';
const GATEHOUSE = 'Gatehouse';
const STATEMENT = 'its SQL statement alone, by pg';

const NOTES = [
  'Each connection rotates its own session’s tokens, each worker of the floor those of another. The floor has no HTTP, ' +
    'no validation, no hashing and sealing of tokens and no signature.',
];

/** Every connection spends and receives the tokens of its own session; so does every worker of the floor. */
async function hold({ server, people, ...conditions }) {
  const { origin, pid, dataDir } = server;
  const tokens = people.map(({ spareTokens }) => spareTokens.pop());
  const contestants = [
    await contestant({ name: GATEHOUSE, pid, by: 'refresh' }, { origin, tokens }),
    await bareContestant(
      { name: STATEMENT, floor: startFloor('refresh') },
      {
        connection: connectionTo(dataDir),
        refreshTokens: people.map(({ spareTokens }) => spareTokens.pop()),
      },
    ),
  ];
  const measured = await measure(TITLE, contestants, conditions);
  const goals = [rateOrShareGoal({ of: GATEHOUSE, over: STATEMENT, atLeast: 2_000, share: 0.6 }, measured)];
  return { rows: measured.rows, tables: [rateTable(measured.rows)], goals, notes: NOTES };
}

module.exports = { id: 'refresh', title: TITLE, hold };
