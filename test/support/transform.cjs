const { createHash } = require('node:crypto');
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { transformSync } = require('@swc/core');

const TYPESCRIPT = {
  parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  keepClassNames: true,
};
const JAVASCRIPT = { parser: { syntax: 'ecmascript' } };

const ownSource = readFileSync(__filename);

/** TypeScript is compiled; JavaScript only where it is an ES module; CommonJS stays as it is. */
module.exports = {
  getCacheKey: (source, filename) =>
    createHash('sha256').update(ownSource).update(filename).update(source).digest('hex'),

  process(source, filename) {
    const typescript = filename.endsWith('.ts');
    if (!typescript && !isEsModule(filename)) return { code: source };
    return transformSync(source, {
      filename,
      module: { type: 'commonjs' },
      jsc: { ...(typescript ? TYPESCRIPT : JAVASCRIPT), target: 'es2022' },
      sourceMaps: typescript ? 'inline' : false,
      swcrc: false,
    });
  },
};

const types = new Map();

function isEsModule(filename) {
  if (filename.endsWith('.mjs')) return true;
  if (filename.endsWith('.cjs')) return false;
  return typeOf(dirname(filename)) === 'module';
}

function typeOf(folder) {
  if (!types.has(folder)) {
    const file = join(folder, 'package.json');
    const own = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).type ?? 'commonjs') : undefined;
    types.set(folder, own ?? (dirname(folder) === folder ? 'commonjs' : typeOf(dirname(folder))));
  }
  return types.get(folder);
}
