const rate = (number) => (number >= 100 ? Math.round(number).toLocaleString('en-US') : number.toPrecision(3));

const milliseconds = (number) => (number >= 100 ? number.toFixed(0) : number.toFixed(1));

const toHundredths = (number) => number.toFixed(2);

const percent = (share) => `${Math.round(100 * share)} %`;

module.exports = { milliseconds, percent, rate, toHundredths };
