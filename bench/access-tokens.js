require('reflect-metadata');
const { NestFactory } = require('@nestjs/core');
const { AppModule, settingsOf } = require('../dist/app.module');
const { Settings } = require('../dist/platform/config/settings');
const { AccessTokens } = require('../dist/sessions/access-tokens');
const { signInMethods } = require('../dist/sign-in-methods');

/**
 * Runs the work with a function that signs access tokens as the server does, with its own key. Nobody signs in: it takes
 * too long to do so a hundred thousand times.
 * @param environment the settings of the server whose tokens they are to be
 */
async function withAccessTokens(environment, work) {
  const settings = Settings.read(environment, settingsOf(signInMethods));
  const app = await NestFactory.createApplicationContext(AppModule.compose(settings), { logger: false });
  try {
    const tokens = app.get(AccessTokens);
    return await work((session) => tokens.issue(session).token);
  } finally {
    await app.close();
  }
}

module.exports = { withAccessTokens };
