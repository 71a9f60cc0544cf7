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

const FIGURES = /^[\d.,%? ]*$/;

/** Markdown: columns of figures to the right, words to the left. */
function markdownTable([head, ...body]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const isOfFigures = (column) => body.every((row) => FIGURES.test(row[column]));
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((row) => row[column].length)));
  const pad = (row) =>
    row.map((cell, column) =>
      isOfFigures(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
    );
  const rule = widths.map((width, column) =>
    isOfFigures(column) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [pad(head), rule, ...body.map(pad)].map(line).join('\n');
}

module.exports = { markdownTable, rateTable };
