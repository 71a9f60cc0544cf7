const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
// From the project's root: what is written here must please `npm run check`.
const prettier = require('prettier');

const FOLDER = join(__dirname, 'results');
const RESULTS = join(__dirname, 'RESULTS.md');

/** Each contest's last result has a file of its own, so that one can be held again without the others. */
const fileOf = (id) => join(FOLDER, `${id}.json`);

async function keep(section) {
  mkdirSync(FOLDER, { recursive: true });
  await writeFormatted(fileOf(section.id), JSON.stringify(section));
}

/** Those of these contests that have ever been held. */
const kept = (ids) =>
  ids
    .map(fileOf)
    .filter(existsSync)
    .map((file) => JSON.parse(readFileSync(file, 'utf8')));

const writeResults = (text) => writeFormatted(RESULTS, text);

async function writeFormatted(file, text) {
  const options = await prettier.resolveConfig(file);
  writeFileSync(file, await prettier.format(text, { ...options, filepath: file }));
}

module.exports = { keep, kept, writeFormatted, writeResults };
