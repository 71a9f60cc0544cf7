/** Who may import whom. Arrows point one way:
 *  platform <- users <- sessions <- auth <- the sign-in methods <- sign-in-methods.ts <- app.module.ts */
const METHODS = '^src/(password-auth|pin-auth|wallet-auth|magic-link|oauth|crossmint-auth|external-auth)/';
const OBSERVERS = '^src/(audit|health|pages)/';
const ROOT_FILES = '^src/[^/]+\\.ts$';

const onlyFrom = (folder, allowed, why) => ({
  name: `${folder}-knows-its-place`,
  comment: why,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: [`^src/${folder}/`, ...allowed] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other can only be understood, tested and moved together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    onlyFrom('platform', [], 'The platform knows nobody: it would work as well under another product.'),
    onlyFrom('users', ['^src/platform/'], 'People exist without sessions and without ways to sign in.'),
    onlyFrom('sessions', ['^src/(platform|users)/'], 'Sessions know no method but its name.'),
    onlyFrom(
      'auth',
      ['^src/(platform|users|sessions)/'],
      'The kernel defines what a method is and imports none.',
    ),
    onlyFrom(
      'pages',
      ['^src/(platform|users|sessions|auth)/', METHODS],
      'Pages show what the methods do; nothing needs a page to work.',
    ),
    {
      name: 'methods-do-not-know-each-other',
      comment: 'A new way to sign in touches one new folder and one line.',
      severity: 'error',
      from: { path: METHODS },
      to: { path: METHODS, pathNot: '^src/$1/' },
    },
    {
      name: 'methods-look-left-only',
      comment: 'A method proves who someone is; what observes or composes it is no concern of its own.',
      severity: 'error',
      from: { path: METHODS },
      to: { path: [OBSERVERS, ROOT_FILES] },
    },
    {
      name: 'source-without-tests',
      comment: 'What ships must not depend on what proves it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'declared-dependencies-only',
      comment: 'A package that is only there because another one brought it may be gone tomorrow.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    {
      name: 'no-drawers',
      comment: 'A folder named utils, helpers, common, shared, core or lib says nothing of what may go in.',
      severity: 'error',
      from: {},
      to: { path: '/(utils|helpers|common|shared|core|lib)/|/index[.]ts$', pathNot: 'node_modules' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'import', 'types'],
    },
  },
};
