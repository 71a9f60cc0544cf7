const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { from: copyFrom } = require('pg-copy-streams');
const { say } = require('../progress');
const { SESSIONS_EACH, tables } = require('./rows');

const LINES_AT_ONCE = 1_000;

/** Rows after which somebody who waits wants to know how far it is. */
const TOLD_EVERY = 500_000;

/** Adds the people whose numbers are `from` (with it) to `to` (without it), and all that is theirs. */
async function fill(pool, from, to) {
  const client = await pool.connect();
  try {
    // Every row refers to one that was made before it, by the same arithmetic: to look it up takes longer than to write it.
    await client.query('SET session_replication_role = replica');
    for (const table of tables) await copy(client, table, from, to);
    say('VACUUM ANALYZE');
    await client.query('VACUUM ANALYZE');
  } finally {
    client.release(true);
  }
}

async function copy(client, { name, says = name, of, columns, where = () => true, row }, from, to) {
  const each = of === 'session' ? SESSIONS_EACH : 1;
  const [first, end] = [from * each, to * each];
  const stream = client.query(copyFrom(`COPY ${name} (${columns}) FROM STDIN`));
  const tell = progress(says, first, end);
  const lines = function* () {
    for (let at = first; at < end; at += LINES_AT_ONCE) {
      tell(at);
      yield block(at, Math.min(at + LINES_AT_ONCE, end), where, row);
    }
  };
  await pipeline(Readable.from(lines(), { objectMode: false }), stream);
}

function block(from, to, where, row) {
  let text = '';
  for (let number = from; number < to; number++) {
    if (where(number)) text += `${row(number).map(field).join('\t')}\n`;
  }
  return text;
}

/** As COPY's text format has it; nothing here holds a tab, a line's end or a backslash of its own. */
function field(value) {
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`;
  return value instanceof Date ? value.toISOString() : String(value);
}

/** A line for each table, and for each so many rows of it. */
function progress(name, from, to) {
  let next = from;
  return (at) => {
    if (at < next) return;
    say(`${name}: ${Math.round((100 * (at - from)) / (to - from))} %`);
    next += TOLD_EVERY;
  };
}

module.exports = { fill };
