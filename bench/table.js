const { milliseconds, percent, rate, toHundredths } = require('./words');

const HEAD = ['', '/s', '±', 'ours ÷ it', '±', 'p50 ms', 'p99 ms', 'itself', 'PostgreSQL', 'client'];

/** The table of one contest, in Markdown as Prettier would have it. */
function tableOf({ rows }) {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = ([name, ...figures]) =>
    `| ${[name.padEnd(widths[0]), ...figures.map((figure, i) => figure.padStart(widths[i + 1]))].join(' | ')} |`;
  const rule = widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  const [head, ...body] = cells.map(line);
  return [head, `| ${rule.join(' | ')} |`, ...body].join('\n');
}

/** Ours comes first; divided by itself it says nothing. */
const cellsOf = (row, index) => [
  row.name,
  rate(row.rate.median),
  percent(row.rate.deviation),
  ...(index === 0 ? ['', ''] : [toHundredths(row.ratio.median), percent(row.ratio.deviation)]),
  milliseconds(row.p50),
  milliseconds(row.p99),
  ...['server', 'postgres', 'client'].map((name) => (row.cores ? toHundredths(row.cores[name]) : '?')),
];

module.exports = { tableOf };
