import type { Hex } from 'viem';
import { keccak256, toHex } from 'viem/utils';
import type { PrivateKeyAccount } from 'viem/accounts';
import type { Payload } from './support/wallets';

/**
 * Sign-ins with a wallet that must be refused, each for its own reason: whatever is not named in an entry is as it should
 * be, the signature included, which is made over the text as it was tampered with. For any server that speaks EIP-4361.
 */
export interface HostileLogin {
  readonly name: string;
  /** What the answer says. */
  readonly error: string | RegExp;
  /** The clock is moved by so much between the payload and the sign-in. */
  readonly minutesLater?: number;
}

/** What an attacker may know of besides. */
export interface Elsewhere {
  readonly account: PrivateKeyAccount;
  /** A nonce that was given out to another address. */
  readonly othersNonce: string;
  readonly now: Date;
}

const MISMATCH = /^Signer address does not match payload address '0x[0-9a-f]{40}'$/;
const UNSERVED = "Contract wallets of chain '1' can't be checked by this server";
const NONCE = 'Login request nonce is invalid';
const EXPIRED = 'Login request has expired';
const EARLY = 'Login request is not yet valid';
const INVALID = 'Invalid login payload';
const GRAMMAR = 'Invalid login payload: the message is not one of EIP-4361';
const NO_NONCE = `${INVALID}: the message has no nonce`;
const onLine = (problem: string): string => `${INVALID}: line ${problem}`;
const expected = (what: string, wanted: string, given: string): string =>
  `Expected ${what} '${wanted}' does not match ${what} on payload '${given}'`;
const domain = (given: string): string => expected('domain', 'localhost:3000', given);
const uri = (given: string): string => expected('URI', 'http://localhost:3000', given);

const HOMOGLYPH = 'lоcalhost:3000';
const INJECTED =
  'localhost:3000 wants you to sign in with your Ethereum account:\n0x0000000000000000000000000000000000000001';
const STATEMENT = 'Please ensure that the domain above matches the URL of the current website.';

type PayloadEntry = HostileLogin & { readonly tamper: (payload: Payload, elsewhere: Elsewhere) => object };
const without = (payload: Payload, field: keyof Payload): object =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => name !== field));

/** Fields of a payload that were changed before it was signed. */
export const hostilePayloads: readonly PayloadEntry[] = [
  ...[
    'evil.example',
    'localhost:3001',
    'localhost',
    'localhost:3000.',
    'evil.localhost:3000',
    'LOCALHOST:3000',
    'localhost:3000@evil.example',
    'http://localhost:3000',
    HOMOGLYPH,
    INJECTED,
    ' localhost:3000',
    '',
  ].map((given) => ({
    name: `domain ${JSON.stringify(given)}`,
    error: domain(given.length > 100 ? `${given.slice(0, 100)}…` : given),
    tamper: (payload: Payload) => ({ ...payload, domain: given }),
  })),
  {
    name: 'another statement',
    error: expected('statement', STATEMENT, 'I own nothing.'),
    tamper: (payload) => ({ ...payload, statement: 'I own nothing.' }),
  },
  {
    name: 'a statement that brings lines of its own',
    error: expected('statement', STATEMENT, `${STATEMENT}\n\nURI: x`),
    tamper: (payload) => ({ ...payload, statement: `${STATEMENT}\n\nURI: x` }),
  },
  {
    name: 'no statement',
    error: expected('statement', STATEMENT, ''),
    tamper: (payload) => without(payload, 'statement'),
  },
  ...[
    'http://evil.example',
    'https://localhost:3000',
    'http://localhost:3001',
    'http://localhost:3000/',
    'http://localhost:3000/path',
    'http://localhost:3000?x',
    'http://user@localhost:3000',
  ].map((given) => ({
    name: `uri ${given}`,
    error: uri(given),
    tamper: (payload: Payload) => ({ ...payload, uri: given }),
  })),
  { name: 'no uri', error: uri(''), tamper: (payload) => without(payload, 'uri') },
  ...['2', '1.0', ''].map((given) => ({
    name: `version ${JSON.stringify(given)}`,
    error: expected('version', '1', given),
    tamper: (payload: Payload) => ({ ...payload, version: given }),
  })),
  ...['137', '01', '0x1', '', '1 '].map((given) => ({
    name: `chain ${JSON.stringify(given)} for a nonce of chain 1`,
    error: expected('chain ID', '1', given),
    tamper: (payload: Payload) => ({ ...payload, chain_id: given }),
  })),
  {
    name: 'a nonce that nobody gave out',
    error: NONCE,
    tamper: (payload) => ({ ...payload, nonce: '9f1c3b5e7a2d4f608192a3b4c5d6e7f8' }),
  },
  {
    name: 'a nonce of another address',
    error: NONCE,
    tamper: (payload, { othersNonce }) => ({ ...payload, nonce: othersNonce }),
  },
  { name: 'no nonce', error: NONCE, tamper: (payload) => without(payload, 'nonce') },
  {
    name: 'the nonce in capitals',
    error: NONCE,
    tamper: (payload) => ({ ...payload, nonce: payload.nonce.toUpperCase() }),
  },
  {
    name: 'the nonce and a blank',
    error: NONCE,
    tamper: (payload) => ({ ...payload, nonce: `${payload.nonce} ` }),
  },
  {
    name: 'issued later than it was',
    error: /^Expected issued at '/,
    tamper: (payload) => ({ ...payload, issued_at: payload.expiration_time }),
  },
  {
    name: 'an expiration that was put off',
    error: /^Expected expiration time '/,
    tamper: (payload) => ({ ...payload, expiration_time: '2099-01-01T00:00:00.000Z' }),
  },
  {
    name: 'an expiration that is no time',
    error: /^Expected expiration time '.*' does not match expiration time on payload 'never'$/,
    tamper: (payload) => ({ ...payload, expiration_time: 'never' }),
  },
  {
    name: 'a beginning that was put forward',
    error: /^Expected not before '/,
    tamper: (payload) => ({ ...payload, invalid_before: '2001-01-01T00:00:00.000Z' }),
  },
  {
    name: 'a resource of nothing',
    error: expected('resources', '', ''),
    tamper: (payload) => ({ ...payload, resources: [''] }),
  },
  {
    name: 'resources that nobody asked for',
    error: expected('resources', '', 'https://evil.example/all-your-money'),
    tamper: (payload) => ({ ...payload, resources: ['https://evil.example/all-your-money'] }),
  },
  { name: 'expired by a moment', error: EXPIRED, minutesLater: 10, tamper: (payload) => payload },
  { name: 'expired long ago', error: NONCE, minutesLater: 21, tamper: (payload) => payload },
  { name: 'not valid yet', error: EARLY, minutesLater: -11, tamper: (payload) => payload },
  {
    name: 'the address of somebody else',
    error: NONCE,
    tamper: (payload) => ({ ...payload, address: `0x${'11'.repeat(20)}` }),
  },
  { name: 'an address that is none', error: INVALID, tamper: (payload) => ({ ...payload, address: '0x11' }) },
  {
    name: 'a type of other addresses',
    error: INVALID,
    tamper: (payload) => ({ ...payload, type: 'solana' }),
  },
  { name: 'a type that is none', error: INVALID, tamper: (payload) => ({ ...payload, type: 'btc' }) },
  { name: 'no time of issue', error: INVALID, tamper: (payload) => without(payload, 'issued_at') },
  { name: 'no domain', error: INVALID, tamper: (payload) => without(payload, 'domain') },
  { name: 'a number for a text', error: INVALID, tamper: (payload) => ({ ...payload, domain: 7 }) },
  { name: 'an object for a text', error: INVALID, tamper: (payload) => ({ ...payload, nonce: { $ne: '' } }) },
  { name: 'a list for a text', error: INVALID, tamper: (payload) => ({ ...payload, uri: [payload.uri] }) },
  { name: 'resources that are none', error: INVALID, tamper: (payload) => ({ ...payload, resources: [7] }) },
];

type SignatureEntry = HostileLogin & {
  readonly sign: (text: string, elsewhere: Elsewhere) => Promise<unknown>;
};
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const word = (value: bigint): string => value.toString(16).padStart(64, '0');
const parts = (signature: Hex): [string, string, string] => [
  signature.slice(2, 66),
  signature.slice(66, 130),
  signature.slice(130),
];
/** A good signature, and then something done to its parts. */
const changed =
  (change: (r: string, s: string, v: string) => string): SignatureEntry['sign'] =>
  async (text, { account }) =>
    `0x${change(...parts(await account.signMessage({ message: text })))}`;

/** Signatures of a payload that is as it should be. */
export const hostileSignatures: readonly SignatureEntry[] = [
  {
    name: 'over the text with a line feed behind it',
    error: MISMATCH,
    sign: (text, { account }) => account.signMessage({ message: `${text}\n` }),
  },
  {
    name: 'over the bare hash of the text (eth_sign)',
    error: MISMATCH,
    sign: (text, { account }) => account.sign({ hash: keccak256(toHex(text)) }),
  },
  {
    name: 'over the text in capitals',
    error: MISMATCH,
    sign: (text, { account }) => account.signMessage({ message: text.toUpperCase() }),
  },
  {
    name: 'the other one of the same key (s above half the order)',
    error: MISMATCH,
    sign: changed((r, s, v) => r + word(ORDER - BigInt(`0x${s}`)) + (v === '1b' ? '1c' : '1b')),
  },
  {
    name: 'the other recovery bit',
    error: MISMATCH,
    sign: changed((r, s, v) => r + s + (v === '1b' ? '1c' : '1b')),
  },
  { name: 'a recovery bit that is none', error: MISMATCH, sign: changed((r, s) => `${r}${s}1d`) },
  {
    name: 'a recovery bit of a transaction (EIP-155)',
    error: MISMATCH,
    sign: changed((r, s) => `${r}${s}25`),
  },
  { name: 'r of nothing', error: MISMATCH, sign: changed((_r, s, v) => word(0n) + s + v) },
  { name: 's of nothing', error: MISMATCH, sign: changed((r, _s, v) => r + word(0n) + v) },
  {
    name: 'r above the order',
    error: MISMATCH,
    sign: changed((r, s, v) => word(BigInt(`0x${r}`) + ORDER).slice(-64) + s + v),
  },
  { name: 'r and s exchanged', error: MISMATCH, sign: changed((r, s, v) => s + r + v) },
  { name: 'nothing but zeros', error: MISMATCH, sign: () => Promise.resolve(`0x${'00'.repeat(65)}`) },
  { name: 'nothing but ones', error: MISMATCH, sign: () => Promise.resolve(`0x${'ff'.repeat(65)}`) },
  { name: 'short by a byte', error: UNSERVED, sign: changed((r, s) => r + s) },
  { name: 'short by a byte in the middle', error: UNSERVED, sign: changed((r, s, v) => r.slice(2) + s + v) },
  { name: 'long by a byte', error: UNSERVED, sign: changed((r, s, v) => `${r}${s}${v}00`) },
  {
    name: 'in the compact form (EIP-2098)',
    error: UNSERVED,
    sign: changed((r, s, v) => r + (v === '1c' ? word(BigInt(`0x${s}`) | (1n << 255n)) : s)),
  },
  { name: 'twice', error: UNSERVED, sign: changed((r, s, v) => r + s + v + r + s + v) },
  { name: 'of no bytes', error: UNSERVED, sign: () => Promise.resolve('0x') },
  { name: 'that is not there', error: INVALID, sign: () => Promise.resolve(undefined) },
  { name: 'that is empty', error: INVALID, sign: () => Promise.resolve('') },
  { name: 'of half a byte', error: INVALID, sign: changed((r, s, v) => (r + s + v).slice(1)) },
  { name: 'that is no hexadecimal', error: INVALID, sign: () => Promise.resolve(`0x${'zz'.repeat(65)}`) },
  {
    name: 'without its 0x',
    error: INVALID,
    sign: async (text, { account }) => (await account.signMessage({ message: text })).slice(2),
  },
  { name: 'that is a number', error: INVALID, sign: () => Promise.resolve(7) },
  {
    name: 'in its parts',
    error: INVALID,
    sign: async (text, { account }) => {
      const [r, s, v] = parts(await account.signMessage({ message: text }));
      return { r, s, v };
    },
  },
  { name: 'of forty kilobytes', error: INVALID, sign: () => Promise.resolve(`0x${'00'.repeat(20_000)}`) },
];

type MessageEntry = HostileLogin & { readonly tamper: (text: string, elsewhere: Elsewhere) => unknown };
const line =
  (name: string, value: string | null): MessageEntry['tamper'] =>
  (text) =>
    text
      .split('\n')
      .flatMap((one) => (one.startsWith(`${name}: `) ? (value === null ? [] : [`${name}: ${value}`]) : [one]))
      .join('\n');
const head =
  (given: string): MessageEntry['tamper'] =>
  (text) =>
    text.replace('localhost:3000 wants', `${given} wants`);
const MINUTE = 60_000;
const moved =
  (name: string, minutes: number): MessageEntry['tamper'] =>
  (text, elsewhere) => {
    const value = new Date(elsewhere.now.getTime() + minutes * MINUTE).toISOString();
    if (text.includes(`${name}: `)) return line(name, value)(text, elsewhere);
    return `${text}\n${name}: ${value}`;
  };

/** Texts that a client has written itself, tampered with before they were signed. */
export const hostileMessages: readonly MessageEntry[] = [
  { name: 'domain evil.example', error: domain('evil.example'), tamper: head('evil.example') },
  { name: 'another port', error: domain('localhost:3001'), tamper: head('localhost:3001') },
  { name: 'no port', error: domain('localhost'), tamper: head('localhost') },
  { name: 'a domain behind ours', error: domain('localhost:3000@evil'), tamper: head('localhost:3000@evil') },
  { name: 'a homoglyph in the domain', error: GRAMMAR, tamper: head(HOMOGLYPH) },
  { name: 'no domain', error: onLine('1: domain cannot be empty'), tamper: head('') },
  {
    name: 'another scheme',
    error: expected('domain', 'http://localhost:3000', 'https://localhost:3000'),
    tamper: head('https://localhost:3000'),
  },
  {
    name: 'a scheme that is nobody’s',
    error: expected('domain', 'http://localhost:3000', 'javascript://localhost:3000'),
    tamper: head('javascript://localhost:3000'),
  },
  { name: 'another uri', error: uri('http://evil.example'), tamper: line('URI', 'http://evil.example') },
  {
    name: 'a uri with a path',
    error: uri('http://localhost:3000/x'),
    tamper: line('URI', 'http://localhost:3000/x'),
  },
  {
    name: 'a uri of another scheme',
    error: uri('https://localhost:3000'),
    tamper: line('URI', 'https://localhost:3000'),
  },
  { name: 'no uri', error: GRAMMAR, tamper: line('URI', null) },
  { name: 'version 2', error: onLine('7: invalid version'), tamper: line('Version', '2') },
  {
    name: 'a chain that is no number',
    error: onLine('8: invalid chain-id'),
    tamper: line('Chain ID', 'mainnet'),
  },
  {
    name: 'a chain too large to be told from its neighbour',
    error: /^Expected chain ID/,
    tamper: line('Chain ID', '9007199254740993'),
  },
  { name: 'chain 0', error: /^Expected chain ID/, tamper: line('Chain ID', '0') },
  {
    name: 'a nonce that nobody gave out',
    error: NONCE,
    tamper: line('Nonce', '9f1c3b5e7a2d4f608192a3b4c5d6e7f8'),
  },
  {
    name: 'a nonce of another address',
    error: NONCE,
    tamper: (text, elsewhere) => line('Nonce', elsewhere.othersNonce)(text, elsewhere),
  },
  {
    name: 'a nonce of seven letters',
    error: NONCE,
    tamper: line('Nonce', 'abcdefg'),
  },
  {
    name: 'a nonce with a hyphen',
    error: NO_NONCE,
    tamper: line('Nonce', '7c9e6679-7425-40de-944b-e07fc1f90ae7'),
  },
  { name: 'two nonces', error: GRAMMAR, tamper: (text) => text.replace(/(Nonce: \w+)/, '$1\n$1') },
  { name: 'expired', error: EXPIRED, tamper: moved('Expiration Time', -1) },
  { name: 'not valid yet', error: EARLY, tamper: moved('Not Before', 1) },
  { name: 'issued in an hour', error: EARLY, tamper: moved('Issued At', 60) },
  { name: 'issued an hour ago', error: EXPIRED, tamper: moved('Issued At', -60) },
  {
    name: 'late, without an expiration of its own',
    error: EXPIRED,
    minutesLater: 10,
    tamper: (text) => text,
  },
  {
    name: 'issued yesterday, in words',
    error: /^Invalid login payload/,
    tamper: line('Issued At', 'yesterday'),
  },
  {
    name: 'issued on the 30th of February',
    error: /^Invalid login payload: line 10/,
    tamper: line('Issued At', '2026-02-30T00:00:00Z'),
  },
  {
    name: 'issued in the 13th month',
    error: /^Invalid login payload: line 10/,
    tamper: line('Issued At', '2026-13-01T00:00:00Z'),
  },
  {
    name: 'issued without a zone',
    error: onLine('10: invalid issued-at date time syntax'),
    tamper: line('Issued At', '2026-01-01T00:00:00'),
  },
  {
    name: 'issued in seconds',
    error: onLine('10: invalid issued-at date time syntax'),
    tamper: line('Issued At', '1767225600'),
  },
  { name: 'no time of issue', error: GRAMMAR, tamper: line('Issued At', null) },
  {
    name: 'an expiration that is no time',
    error: onLine('11: invalid expiration-time date time syntax'),
    tamper: (text) => `${text}\nExpiration Time: never`,
  },
  {
    name: 'a beginning that is no time',
    error: onLine('11: invalid not-before date time syntax'),
    tamper: (text) => `${text}\nNot Before: now`,
  },
  { name: 'a line more', error: GRAMMAR, tamper: (text) => `${text}\nAdmin: true` },
  { name: 'a line feed more', error: GRAMMAR, tamper: (text) => `${text}\n` },
  { name: 'a blank before', error: onLine('1: domain cannot be empty'), tamper: (text) => ` ${text}` },
  {
    name: 'a mark of byte order before',
    error: onLine('1: domain cannot be empty'),
    tamper: (text) => `\ufeff${text}`,
  },
  { name: 'lines that end as on Windows', error: GRAMMAR, tamper: (text) => text.replaceAll('\n', '\r\n') },
  {
    name: 'separators that look like line feeds',
    error: GRAMMAR,
    tamper: (text) => text.replaceAll('\n', '\u2028'),
  },
  {
    name: 'fields in another order',
    error: GRAMMAR,
    tamper: (text) => text.replace(/(Version: 1)\n(Chain ID: 1)/, '$2\n$1'),
  },
  {
    name: 'a statement of two lines',
    error: GRAMMAR,
    tamper: (text) => text.replace('Sign in.', 'Sign in.\nAnd more.'),
  },
  {
    name: 'a statement with a homoglyph',
    error: GRAMMAR,
    tamper: (text) => text.replace('Sign in.', 'Sіgn in.'),
  },
  {
    name: 'a resource that is none',
    error: onLine('12: invalid resource URI'),
    tamper: (text) => `${text}\nResources:\n- not a uri`,
  },
  {
    name: 'another chain’s account',
    error: `${INVALID}: messages of Solana are not read; send the payload`,
    tamper: (text) => text.replace('Ethereum account', 'Solana account'),
  },
  {
    name: 'the address in small letters',
    error: /^Invalid login payload: line 2: invalid EIP-55 address/,
    tamper: (text) => text.replace(/0x[0-9a-fA-F]{40}/, (address) => address.toLowerCase()),
  },
  {
    name: 'an address with a wrong checksum',
    error: /^Invalid login payload: line 2: invalid EIP-55 address/,
    tamper: (text) =>
      text.replace(/0x[0-9a-fA-F]{40}/, (address) =>
        address.replace(/[a-fA-F]/, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase())),
      ),
  },
  {
    name: 'of nine kilobytes',
    error: 'Invalid login payload: the message is too long',
    tamper: (text) => text.replace('Sign in.', 'x'.repeat(9_000)),
  },
  {
    name: 'another nonce in the statement',
    error: NONCE,
    tamper: (text) => text.replace('Sign in.', `Nonce: ${'a'.repeat(32)}\n${/Nonce: \w+/.exec(text)?.[0]}`),
  },
  {
    name: 'our nonce in the statement, and another in its place',
    error: NONCE,
    tamper: (text) => {
      const [own = ''] = /Nonce: \w+/.exec(text) ?? [];
      return text.replace(own, `Nonce: ${'a'.repeat(32)}`).replace('Sign in.', own);
    },
  },
  { name: 'of nothing', error: /^Invalid login payload/, tamper: () => '' },
  { name: 'that is no text', error: INVALID, tamper: () => ({}) },
];
