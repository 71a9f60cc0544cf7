require('reflect-metadata');
const { randomBytes, randomInt } = require('node:crypto');
const { CrossmintProfiles } = require('../../dist/crossmint-auth/crossmint-profiles');
const { Wallets } = require('../../dist/wallet-auth/wallets');
const { Identities } = require('../../dist/auth/linking/identities');
const { PasswordService } = require('../../dist/password-auth/password.service');
const { PinService } = require('../../dist/pin-auth/pin.service');
const { OneTimeTokens } = require('../../dist/platform/one-time/one-time-tokens');
const guesses = require('../../dist/platform/rate-limit/guess-statements');
const { CallerFacts } = require('../../dist/sessions/caller-facts');
const { Devices } = require('../../dist/sessions/devices');
const sessions = require('../../dist/sessions/session-statements');
const { CLIENT, SESSIONS_EACH, has, keys } = require('./rows');

const DAY = 24 * 60 * 60_000;
const MOST_GUESSES = 10;
const GUESS_WINDOW = 15 * 60_000;
const LOCKS = [60_000, 120_000];
const MAGIC_LINK = { name: 'magic link', prefix: 'ghml_', life: DAY };
/** As the methods tell them to the sessions. */
const FACTS = factsOfMethods();
const clock = { now: () => new Date() };

/**
 * What the server asks the database in its hot paths, each with a name and a function that makes the text and the values
 * for somebody, drawn at random. Texts are the server’s own.
 */
function statementsOf(people) {
  const anybody = (where) => pick(people, where);
  const anySession = (where) => pick(people * SESSIONS_EACH, where);
  return [
    ...liveSessions(anySession),
    ...tokens(anySession),
    ...sessionsOfSomebody(anybody),
    ...signIns(anybody),
    ...guessing(anybody),
    ...oneTimeTokens(anybody),
  ];
}

function factsOfMethods() {
  const facts = new CallerFacts();
  new Wallets(...Array(4), facts);
  new CrossmintProfiles(undefined, facts);
  return facts.expression;
}

const liveSessions = (any) => [
  {
    name: 'find a live session',
    make: () => exported(sessions.findLiveSession(FACTS), [keys.sessionId(any()), new Date(), false]),
  },
  {
    name: 'mark a session as seen',
    make: () => exported(sessions.markSessionsSeen, [[keys.sessionId(any())], new Date()]),
  },
  {
    name: 'end a session',
    make: () => ({
      text: sessions.endSessions('s.id = $6'),
      values: [new Date(), 'logout', CLIENT.ip, CLIENT.userAgent, null, keys.sessionId(any())],
    }),
  },
];

const tokens = (any) => [
  {
    name: 'spend a refresh token',
    make: () => {
      const values = [keys.unspentToken(any()), randomBytes(32), new Date(), randomBytes(32), false];
      return exported(sessions.spendRefreshToken, values);
    },
  },
  {
    name: 'find a spent refresh token',
    make: () => exported(sessions.findSpentToken, [keys.spentToken(any(has.spentToken)), new Date(), false]),
  },
  {
    name: 'find the successor of a token',
    make: () => exported(sessions.findSuccessor, [keys.spentToken(any(has.spentToken))]),
  },
  {
    name: 'find an exchanged token',
    make: () => {
      const hash = keys.exchangedToken(any(has.exchangedToken));
      return exported(sessions.findExchangedToken(FACTS), [hash, new Date(), false]);
    },
    isRight: ({ rows }) => rows[0].live,
  },
];

const sessionsOfSomebody = (any) => [
  {
    name: 'open a session',
    make: () => exported(sessions.openSession, opening(keys.userId(any()))),
    isRight: ({ rows }) => rows[0].id !== null,
  },
  {
    name: 'count a user’s sessions',
    make: () => exported(sessions.countSessions, [keys.userId(any()), new Date()]),
    isRight: ({ rows }) => rows[0].count === SESSIONS_EACH,
  },
  {
    name: 'list a user’s sessions',
    make: () => ({ text: sessions.listSessions, values: [keys.userId(any()), new Date()] }),
    isRight: ({ rowCount }) => rowCount === SESSIONS_EACH,
  },
];

const signIns = (any) => [
  {
    name: 'sign-in: who has this email',
    make: () =>
      asked((database) => call(PasswordService, 'find', { database }, 'u.email = $1', keys.email(any()))),
  },
  {
    name: 'sign-in: who has this PIN’s name',
    make: () => asked((database) => call(PinService, 'find', { database }, keys.name(any(has.pin)))),
  },
  {
    name: 'sign-in: whose identity it is',
    make: () => {
      const identity = { issuer: keys.issuer(), subject: keys.subject(any(has.identity)) };
      return asked((database) => call(Identities, 'ownerOf', { database }, identity, database));
    },
  },
  {
    name: 'sign-in: is the device known',
    make: () => {
      const who = { userId: keys.userId(any()), client: CLIENT };
      return asked((database) => call(Devices, 'around', { database }, who));
    },
  },
];

const guessing = (any) => {
  const subject = () => keys.guessSubject(any(has.guesses));
  return [
    {
      name: 'begin a guess',
      make: () => exported(guesses.beginGuess, [subject(), new Date(), MOST_GUESSES, GUESS_WINDOW]),
      isRight: ({ rows }) => rows[0].begun,
    },
    { name: 'forgive guesses', make: () => exported(guesses.forgiveGuesses, [subject(), new Date()]) },
    { name: 'withdraw a guess', make: () => exported(guesses.withdrawGuess, [subject()]) },
    {
      name: 'count a wrong guess',
      make: () => ({ text: guesses.failGuess, values: [subject(), new Date(), MOST_GUESSES, LOCKS] }),
      // A row comes back when it locks.
      isRight: ({ rowCount }) => rowCount === 0,
    },
  ];
};

const oneTimeTokens = (any) => {
  const token = () => keys.oneTimeToken(any(has.oneTimeToken));
  const ask = (method, self, ...given) =>
    asked((database) => call(OneTimeTokens, method, { clock, ...self(database) }, ...given, database));
  return [
    {
      name: 'issue a one-time token',
      make: () => ask('issue', () => ({}), MAGIC_LINK, keys.email(any()), {}, CLIENT),
    },
    {
      name: 'look at a one-time token',
      make: () => ask('look', (database) => ({ database }), MAGIC_LINK, token()),
    },
    { name: 'spend a one-time token', make: () => ask('spend', () => ({}), MAGIC_LINK, token()) },
  ];
};

function pick(count, where = () => true) {
  for (;;) {
    const number = randomInt(count);
    if (where(number)) return number;
  }
}

const exported = ({ text }, values) => ({ text, values });

function opening(userId) {
  const now = new Date();
  const later = (milliseconds) => new Date(now.getTime() + milliseconds);
  return [
    ...[userId, 1, 'password', 'wire', CLIENT.ip, CLIENT.userAgent],
    ...[now, 14 * DAY, later(14 * DAY), later(30 * DAY), randomBytes(32), false, false],
    ...[null, null, null, null, null],
  ];
}

/** A method by itself, on an object that has no more than it needs. */
const call = (type, method, self, ...given) => type.prototype[method].call(self, ...given);

/** The first statement of some work that does not export it: the database that it is given remembers and never answers. */
function asked(work) {
  let seen;
  const remember = (asking, given) => {
    seen ??= typeof asking === 'string' ? { text: asking, values: given } : asking;
    return new Promise(() => undefined);
  };
  // A repository's query and a pool's, as both are asked.
  void work({ query: remember, driver: { master: { query: remember } } });
  if (!seen) throw new Error('Nothing was asked of the database');
  return { text: seen.text, values: seen.values };
}

module.exports = { statementsOf };
