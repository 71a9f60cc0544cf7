const base = require('./jest.config.cjs');

/** Tests in a real browser: Debian's chromium, or the one that CHROMIUM names. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/browser/**/*.browser-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
