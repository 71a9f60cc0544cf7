const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.spec.ts', '<rootDir>/test/**/*-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/browser/', '<rootDir>/test/clients/'],
  moduleFileExtensions: ['ts', 'tsx', 'js', 'mjs', 'cjs', 'json', 'node'],
  // Also node_modules: Jest on this Node can't load packages that are ES modules only.
  transform: { '\\.(tsx?|js|mjs|cjs)$': '<rootDir>/test/support/transform.cjs' },
  transformIgnorePatterns: [],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // Many tests wait for something else than the processor; Jest itself would take one worker on two cores.
  maxWorkers: availableParallelism() + 1,
  testTimeout: 30_000,
};
