const { hash } = require('node:crypto');
const { deviceKind } = require('../../dist/sessions/device');

/**
 * What lies in the tables, made of a person's number alone: so the keys that are there can be made again, in any order,
 * without reading or remembering them.
 */
const SESSIONS_EACH = 3;
const DAY = 24 * 60 * 60_000;

/** Of sessions, as it comes. */
const LIFE = 30 * DAY;
const IDLE = 14 * DAY;

/** Sessions are this old at most, so that all of them live. */
const OLDEST = 10 * DAY;

const CLIENT = {
  ip: '192.0.2.1',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  language: 'en',
};

const DEVICE = deviceKind(CLIENT);

/** Fits the length of a hash that the server stores; nobody signs in here. */
const STORED_HASH = `$bcrypt-sha256$v=2,t=2b,r=12$${'x'.repeat(22)}$${'x'.repeat(31)}`;
const SEALED = Buffer.alloc(75, 1);
const begun = new Date();

const digest = (kind, number) => hash('sha256', `${kind} ${number}`, 'buffer');

/** Of version 4 by its looks, because the server takes no other. */
function uuid(kind, number) {
  const hex = hash('md5', `${kind} ${number}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const keys = {
  userId: (user) => uuid('user', user),
  email: (user) => `user-${user}@example.com`,
  name: (user) => `user-${user}`,
  issuer: () => 'https://accounts.google.com',
  subject: (user) => `1${String(user).padStart(20, '0')}`,
  sessionId: (session) => uuid('session', session),
  unspentToken: (session) => digest('unspent', session),
  spentToken: (session) => digest('spent', session),
  exchangedToken: (session) => digest('exchanged', session),
  oneTimeToken: (user) => digest('one-time', user),
  guessSubject: (user) => digest('guess', user),
};

const every = (count) => (number) => number % count === 0;

/** Of ten people eight have a password, three an identity elsewhere, one a PIN … */
const has = {
  password: (user) => user % 10 < 8,
  identity: (user) => user % 10 < 3,
  pin: every(10),
  guesses: every(10),
  oneTimeToken: every(20),
  spentToken: every(2),
  exchangedToken: every(20),
};

const bornAt = (number) => new Date(begun.getTime() - OLDEST + ((number * 7_919) % OLDEST));
const after = (date, milliseconds) => new Date(date.getTime() + milliseconds);

const sessionRow = (session) => {
  const created = bornAt(session);
  return [
    keys.sessionId(session),
    keys.userId(Math.floor(session / SESSIONS_EACH)),
    ...['password', 'wire', CLIENT.ip, CLIENT.userAgent],
    ...[created, created, IDLE, after(created, IDLE), after(created, LIFE)],
  ];
};

const signedIn = JSON.stringify({ method: 'password', contract: 'wire' });

/** `of` says whose number a row is made of, and `where` who has one. Columns that are left out are as they come. */
const tables = [
  {
    name: 'users',
    columns: 'id, email, name, language, email_verified_at, created_at',
    row: (user) => [keys.userId(user), keys.email(user), keys.name(user), 'en', bornAt(user), bornAt(user)],
  },
  {
    name: 'passwords',
    columns: 'user_id, hash, changed_at',
    where: has.password,
    row: (user) => [keys.userId(user), STORED_HASH, bornAt(user)],
  },
  {
    name: 'pins',
    columns: 'user_id, name_key, hash, changed_at',
    where: has.pin,
    row: (user) => [keys.userId(user), keys.name(user), STORED_HASH, bornAt(user)],
  },
  {
    name: 'identities',
    columns: 'user_id, method, issuer, subject, email, created_at',
    where: has.identity,
    row: (user) => [
      keys.userId(user),
      'google',
      keys.issuer(),
      keys.subject(user),
      keys.email(user),
      bornAt(user),
    ],
  },
  {
    name: 'devices',
    columns: 'user_id, kind, first_seen_at, told',
    row: (user) => [keys.userId(user), DEVICE, bornAt(user), false],
  },
  {
    name: 'one_time_tokens',
    columns: 'token_hash, purpose, subject, payload, ip, created_at, expires_at',
    where: has.oneTimeToken,
    row: (user) => [
      ...[keys.oneTimeToken(user), 'magic link', keys.email(user), '{}', CLIENT.ip],
      ...[begun, after(begun, DAY)],
    ],
  },
  {
    name: 'guess_locks',
    columns: 'subject, failures, in_flight, window_ends_at, begun_at, locks',
    where: has.guesses,
    row: (user) => [keys.guessSubject(user), 1, 0, after(begun, DAY), begun, 0],
  },
  {
    name: 'sessions',
    of: 'session',
    columns: `id, user_id, method, contract, ip, user_agent,
              created_at, last_seen_at, idle_ttl_ms, idle_expires_at, expires_at`,
    row: sessionRow,
  },
  {
    name: 'refresh_tokens',
    of: 'session',
    columns: 'token_hash, session_id, created_at',
    row: (session) => [keys.unspentToken(session), keys.sessionId(session), bornAt(session)],
  },
  {
    name: 'refresh_tokens',
    says: 'spent refresh_tokens',
    of: 'session',
    columns: 'token_hash, session_id, created_at, rotated_at, successor',
    where: has.spentToken,
    row: (session) => [
      ...[keys.spentToken(session), keys.sessionId(session)],
      ...[bornAt(session), bornAt(session), SEALED],
    ],
  },
  {
    name: 'exchanged_tokens',
    of: 'session',
    columns: 'statement_hash, token_hash, session_id, expires_at',
    where: has.exchangedToken,
    row: (session) => [
      ...[keys.exchangedToken(session), keys.exchangedToken(session)],
      ...[keys.sessionId(session), after(begun, DAY)],
    ],
  },
  {
    name: 'audit_events',
    of: 'session',
    columns: 'at, action, user_id, session_id, ip, user_agent, details',
    row: (session) => {
      const [id, userId] = sessionRow(session);
      return [bornAt(session), 'signed_in', userId, id, CLIENT.ip, CLIENT.userAgent, signedIn];
    },
  },
];

module.exports = { CLIENT, SESSIONS_EACH, has, keys, tables };
