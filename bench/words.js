/** Three figures of a rate are more than a repetition will confirm; of small ones keep the decimals. */
const rate = (number) => (number >= 100 ? Math.round(number).toLocaleString('en-US') : number.toPrecision(3));

const range = ({ least, most }, word) => `${word(least)} – ${word(most)}`;

const milliseconds = (number) => (number >= 100 ? number.toFixed(0) : number.toFixed(1));

const ratio = (number) => number.toFixed(2);

module.exports = { milliseconds, range, rate, ratio };
