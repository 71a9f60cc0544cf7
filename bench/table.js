const { milliseconds, percent, rate, toHundredths } = require('./words');

const RATES = ['', '/s', '±', 'first ÷ it', '±', 'p50 ms', 'p99 ms', 'MiB', 'itself', 'PostgreSQL', 'client'];

/** The cells of a contest's table. What comes first, divided by itself, says nothing. */
const rateTable = (rows) => [
  RATES,
  ...rows.map((row, index) => [
    row.name,
    rate(row.rate.median),
    percent(row.rate.deviation),
    ...(index === 0 ? ['', ''] : [toHundredths(row.ratio.median), percent(row.ratio.deviation)]),
    milliseconds(row.p50),
    milliseconds(row.p99),
    row.memory === undefined ? '?' : Math.round(row.memory).toString(),
    ...['server', 'postgres', 'client'].map((name) => (row.cores ? toHundredths(row.cores[name]) : '?')),
  ]),
];

/** Markdown as Prettier would have it: names to the left, figures to the right. */
function markdownTable(cells) {
  const widths = cells[0].map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = ([name, ...figures]) =>
    `| ${[name.padEnd(widths[0]), ...figures.map((figure, i) => figure.padStart(widths[i + 1]))].join(' | ')} |`;
  const rule = widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  const [head, ...body] = cells.map(line);
  return [head, `| ${rule.join(' | ')} |`, ...body].join('\n');
}

module.exports = { markdownTable, rateTable };
