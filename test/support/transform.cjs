const { createHash } = require('node:crypto');
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { transformSync } = require('@swc/core');

const TYPESCRIPT = {
  parser: { syntax: 'typescript', decorators: true },
  transform: {
    legacyDecorator: true,
    decoratorMetadata: true,
    useDefineForClassFields: false,
    react: { runtime: 'automatic', importSource: 'preact' },
  },
  keepClassNames: true,
};
const JAVASCRIPT = { parser: { syntax: 'ecmascript' } };

/** In a file of markup a cast in angle brackets would be an element. */
const typescriptOf = (filename) => ({
  ...TYPESCRIPT,
  parser: { ...TYPESCRIPT.parser, tsx: filename.endsWith('.tsx') },
});

const ownSource = readFileSync(__filename);

/** TypeScript is compiled; JavaScript only where it is an ES module; CommonJS stays as it is. */
module.exports = {
  getCacheKey: (source, filename) =>
    createHash('sha256').update(ownSource).update(filename).update(source).digest('hex'),

  process(source, filename) {
    const typescript = /\.tsx?$/.test(filename);
    if (!typescript && !isEsModule(filename)) return { code: source };
    return transformSync(source, {
      filename,
      module: { type: 'commonjs' },
      jsc: { ...(typescript ? typescriptOf(filename) : JAVASCRIPT), target: 'es2022' },
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
