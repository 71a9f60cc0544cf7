const base = require('./jest.config.cjs');

/** Tests with the code of others' clients, which stands apart in test/clients: one of them alone brings a gigabyte. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/clients/*.clients-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
