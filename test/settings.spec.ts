import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsOf } from '../src/app.module';
import { sharesOf } from '../src/platform/cluster/shares';
import { Settings, SettingsError, type Environment } from '../src/platform/config/settings';
import { secretSettings } from '../src/platform/crypto/app-secret';
import { databaseSettings } from '../src/platform/database/database.settings';
import { httpSettings } from '../src/platform/http/http.settings';
import { mailSettings } from '../src/platform/mail/mail.settings';
import { crossmintSettings } from '../src/crossmint-auth/crossmint.settings';
import { externalSettings } from '../src/external-auth/external.settings';
import { githubSettings } from '../src/oauth/github/github.settings';
import { sessionSettings } from '../src/sessions/session.settings';
import { signInMethods } from '../src/sign-in-methods';
import { RelyingParty } from '../src/wallet-auth/relying-party';
import { walletSettings } from '../src/wallet-auth/wallet.settings';

const all = settingsOf(signInMethods);
const read = (environment: Environment) => Settings.read(environment, all);

function problemsOf(environment: Environment): readonly string[] {
  try {
    read(environment);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).problems;
  }
}

const production = {
  NODE_ENV: 'production',
  APP_SECRET: 'GzR2v0mT9bWqXy4LsJ1KdHn8PfEc7AuO',
  PUBLIC_URL: 'https://auth.example.com',
  DATABASE_URL: 'postgres://gatehouse@db/gatehouse',
};

const ISSUER = {
  name: 'acme',
  issuer: 'https://id.example.com',
  jwksUrl: 'https://id.example.com/jwks',
  audience: 'app',
};

describe('settings', () => {
  it('are all optional in development', () => {
    expect(problemsOf({})).toEqual([]);
    const settings = read({ PORT: '4000' });
    const [http, session] = [settings.of(httpSettings), settings.of(sessionSettings)];
    expect(http).toMatchObject({
      port: 4000,
      host: 'localhost',
      publicUrl: 'http://localhost:4000',
      trustProxy: false,
    });
    expect(session).toMatchObject({
      accessTokenTtl: 900_000,
      absoluteTtl: 2_592_000_000,
      idleTtl: 1_209_600_000,
    });
  });

  it('put links into the log only in development, and only where mail goes nowhere', () => {
    const linksInLog = (environment: Environment) => read(environment).of(mailSettings).linksInLog;
    expect(linksInLog({})).toBe(true);
    expect(linksInLog({ SMTP_URL: 'smtp://localhost' })).toBe(false);
    expect(linksInLog(production)).toBe(false);
  });

  it('that are set to nothing count as not set', () => {
    expect(problemsOf({ PORT: '', DATABASE_URL: ' ', APP_SECRET: '' })).toEqual([]);
  });

  it.each([
    ['PORT', ['x', '70000', '-1']],
    ['HOST', ['not a host!']],
    [
      'PUBLIC_URL',
      ['localhost', 'ftp://x', 'https://u:p@x', 'https://x/?q', 'https://x/#f', 'javascript:alert(1)'],
    ],
    ['TRUST_PROXY', ['yes', 'true', '10.0.0.0/8;x', '-1', '10.0.0.0/99', '999.1.1.1', '::1/129']],
    ['DATABASE_URL', ['mysql://x/y', 'x', 'postgres://u:p@[/d']],
    ['DATABASE_POOL_SIZE', ['0', '1', 'x', '1e9']],
    ['DATABASE_TIMEOUT', ['0s', '999ms', '2d', '4']],
    ['APP_SECRET', ['short', 'x'.repeat(40), 'please-change-me-please-change-me-please']],
    ['ACCESS_TOKEN_TTL', ['15', '0s', '15 min', '-5m', '60d']],
    ['REFRESH_TOKEN_TTL', ['forever', '100000000d']],
    ['SESSION_IDLE_TTL', ['1w', '4s']],
    ['REGISTRATION', ['maybe']],
    ['PASSWORD_HASH', ['md5', 'argon2i']],
    ['BCRYPT_COST', ['3', '17', '12.5']],
    ['ARGON2_MEMORY', ['0', '257']],
    ['ARGON2_PASSES', ['0', '17']],
    ['FIREBASE_SIGNER_KEY', ['short', 'no base64, but long enough for it']],
    ['CLUSTER_WORKERS', ['0', 'all']],
    ['HASH_CONCURRENCY', ['0']],
    ['HASH_QUEUE', ['63']],
    ['SMTP_URL', ['mail.example.com', 'http://x']],
    ['MAIL_FROM', ['nobody', 'a <b>', 'x@y>']],
    ['LIMIT_MAILS_TO_ONE', ['0', 'x']],
    ['LIMIT_WRONG_CODES', ['0', '101']],
    [
      'FRONTEND_URL',
      ['app.example', 'javascript:alert(1)', 'https://u:p@app.example', 'https://app.example/?a'],
    ],
    [
      'CLIENTS',
      [
        'x',
        '[]',
        'null',
        '"x"',
        '{"a b": "https://x"}',
        '{"A": 7}',
        '{"A": "x"}',
        '{"A": "https://u@x"}',
        '{"A": "https://x?q"}',
      ],
    ],
    [
      'ALLOWED_REDIRECT_ORIGINS',
      ['*', 'app.example', 'https://app.example/', 'https://*.app.example', 'null'],
    ],
    ['ALLOWED_LOGO_ORIGINS', ['*', 'http://cdn.example', 'https://cdn.example/logo.png']],
    ['GOOGLE_TOKEN_URL', ['x', 'ftp://x', 'https://u:p@x', 'https://x/#f', 'javascript:alert(1)']],
    ['OAUTH_TIMEOUT', ['0s', '11s', '10']],
    ['LIMIT_OAUTH_STARTS', ['0']],
    ['MAGIC_LINK_SIGNUP', ['maybe']],
    [
      'WALLET_DOMAIN',
      ['https://app.example', 'app.example/', 'a b', 'APP.example', 'u@app.example', 'app.example:80'],
    ],
    ['WALLET_URI', ['app.example', 'ftp://x', 'https://u:p@x', 'https://x/?q']],
    ['WALLET_STATEMENT', ['Zwei\nZeilen', 'Grüße', '“quoted”', 'x'.repeat(501)]],
    ['WALLET_RESOURCES', ['x', 'https://x, y', 'https://exämple.com']],
    ['WALLET_CHAIN_IDS', ['x', '1;2', '1,', 'eip155:', ':1', '-1']],
    [
      'WALLET_RPC_URLS',
      ['x', '[]', 'null', '{"x": "https://x"}', '{"01": "https://x"}', '{"1": 7}', '{"1": "ws://x"}'],
    ],
    ['WALLET_RPC_PRIVATE', ['maybe']],
    ['WALLET_RPC_TIMEOUT', ['0s', '11s', '10']],
    ['WALLET_CONTRACT_SESSION_TTL', ['0s', 'x']],
    ['LIMIT_WALLET_NONCES', ['0']],
    ['LOG_LEVEL', ['loud']],
  ])('%s: a wrong value is named', (name, values) => {
    for (const value of values)
      expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(`^${name} `)]);
  });

  it('of a provider come together, or not at all', () => {
    for (const [one, other] of [
      ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'],
      ['GITHUB_CLIENT_SECRET', 'GITHUB_CLIENT_ID'],
    ] as const) {
      expect(problemsOf({ [one]: 'x' })).toEqual([`${other} is missing, but ${one} is set`]);
    }
    expect(problemsOf({ OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'x' })).toEqual([
      'OIDC_ISSUER is missing, but OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are set',
    ]);
    expect(problemsOf({ GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'x' })).toEqual([]);
  });

  it('of a provider in production never lead over plain http, but for this machine', () => {
    const google = { ...production, GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'x' };
    const at = (host: string) => ({
      GOOGLE_AUTHORIZATION_URL: 'https://sso.example/authorize',
      GOOGLE_TOKEN_URL: `http://${host}/token`,
      GOOGLE_USERINFO_URL: 'https://sso.example/userinfo',
    });
    expect(problemsOf({ ...google, ...at('sso.example') })).toEqual([
      expect.stringMatching(/^GOOGLE_TOKEN_URL must begin with https/),
    ]);
    for (const host of ['127.0.0.1:9', 'localhost', '[::1]:80']) {
      expect(problemsOf({ ...google, ...at(host) })).toEqual([]);
    }
  });

  it('of a provider’s endpoints in production are moved together, or not at all', () => {
    const github = { ...production, GITHUB_CLIENT_ID: 'x', GITHUB_CLIENT_SECRET: 'x' };
    const moved = 'https://ghe.example/x';
    expect(problemsOf({ ...github, GITHUB_TOKEN_URL: moved, GITHUB_USERINFO_URL: moved })).toEqual([
      expect.stringMatching(/^GITHUB_AUTHORIZATION_URL is missing: set all of/),
    ]);
    expect(problemsOf({ ...github, GITHUB_EMAILS_URL: moved })).toEqual([]);
  });

  it('of GitHub Enterprise are three URLs; people of another server are other people', () => {
    const host = 'https://github.corp.example';
    const github = read({
      GITHUB_CLIENT_ID: 'x',
      GITHUB_CLIENT_SECRET: 'x',
      GITHUB_AUTHORIZATION_URL: `${host}/login/oauth/authorize`,
      GITHUB_TOKEN_URL: `${host}/login/oauth/access_token`,
      GITHUB_USERINFO_URL: `${host}/api/v3/user`,
    }).of(githubSettings);
    expect(github).toMatchObject({ issuer: `${host}/api/v3/user`, emailsUrl: `${host}/api/v3/user/emails` });
    expect(read({ GITHUB_CLIENT_ID: 'x', GITHUB_CLIENT_SECRET: 'x' }).of(githubSettings)).toMatchObject({
      issuer: 'https://github.com',
      emailsUrl: 'https://api.github.com/user/emails',
    });
  });

  it.each([
    'http://localhost:8545',
    'http://node.localhost',
    'http://127.0.0.1',
    'http://127.1',
    'http://2130706433',
    'http://0x7f.1',
    'http://0.0.0.0',
    'http://[::1]:8545',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:a00:1]',
    'https://10.0.0.1',
    'https://172.16.5.4',
    'https://192.168.1.1',
    'https://169.254.169.254',
    'https://100.64.0.1',
    'https://[fd00::1]',
    'https://[fe80::1]',
    'https://[64:ff9b::7f00:1]',
  ])('of a node of a chain don’t lead to %s, unless another one allows it', (url) => {
    const given = { WALLET_RPC_URLS: JSON.stringify({ 1: url }) };
    expect(problemsOf(given)).toEqual([
      expect.stringMatching(/^WALLET_RPC_URLS leads to a private address for chain 1/),
    ]);
    expect(problemsOf({ ...given, WALLET_RPC_PRIVATE: 'true' })).toEqual([]);
  });

  it('of a node in production lead over https, and are not printed: a URL may hold a key', () => {
    const given = { ...production, WALLET_RPC_URLS: '{"1": "http://rpc.example.com/hunter2"}' };
    expect(problemsOf(given)).toEqual([
      expect.stringMatching(/^WALLET_RPC_URLS must give chain 1 a URL that begins with https/),
    ]);
    for (const wrong of [
      '{"1": "http://rpc.example.com/hunter2"}',
      '{"1": "hunter2"}',
      '{"1": "http://127.0.0.1/hunter2"}',
    ]) {
      expect(problemsOf({ ...production, WALLET_RPC_URLS: wrong }).join()).not.toContain('hunter2');
    }
    expect(problemsOf({ ...given, WALLET_RPC_URLS: '{"1": "https://rpc.example.com/key"}' })).toEqual([]);
  });

  it.each(['0', '01', 'solana:foo', 'bitcoin:1', 'eip155:x', 'sui:1'])(
    'a chain %s that no family knows is named at the start',
    (chain) => {
      const settings = read({ WALLET_CHAIN_IDS: `1,${chain}` });
      const party = () => new RelyingParty(settings.of(walletSettings), settings.of(httpSettings));
      expect(party).toThrow(SettingsError);
      expect(party).toThrow(/^These settings are wrong or missing:\n {2}WALLET_CHAIN_IDS must list chains/);
    },
  );

  it('that are wrong are named all at once', () => {
    const problems = problemsOf({ PORT: 'x', BCRYPT_COST: 'x', LOG_LEVEL: 'x', REGISTRATION: 'x' });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'PORT',
      'LOG_LEVEL',
      'BCRYPT_COST',
      'REGISTRATION',
    ]);
  });

  it('[B9] [B56] production refuses to start without the three that it needs, and with weak ones', () => {
    expect(problemsOf(production)).toEqual([]);
    const missing = problemsOf({ NODE_ENV: 'production' }).map((problem) => problem.split(' ')[0]);
    expect(missing.sort()).toEqual(['APP_SECRET', 'DATABASE_URL', 'PUBLIC_URL']);
    expect(problemsOf({ ...production, BCRYPT_COST: '9' })).toEqual([expect.stringMatching(/^BCRYPT_COST /)]);
    expect(problemsOf({ ...production, ARGON2_MEMORY: '18', ARGON2_PASSES: '1' })).toEqual([
      'ARGON2_MEMORY must be at least 19 in production',
      'ARGON2_PASSES must be at least 2 in production',
    ]);
    expect(problemsOf({ ARGON2_MEMORY: '256', ARGON2_PASSES: '5' })).toEqual([
      'ARGON2_PASSES times ARGON2_MEMORY must be at most 1024',
    ]);
    expect(Settings.read(production, [httpSettings]).of(httpSettings)).toMatchObject({ host: '0.0.0.0' });
  });

  it('that are secrets may come from a file, once', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'settings-')), 'secret');
    writeFileSync(file, `${production.APP_SECRET}\n`);
    expect(Settings.read({ APP_SECRET_FILE: file }, [secretSettings]).of(secretSettings).appSecret).toBe(
      production.APP_SECRET,
    );
    writeFileSync(`${file}.empty`, '\n');
    expect(problemsOf({ APP_SECRET_FILE: `${file}.empty` })[0]).toMatch(
      /^APP_SECRET_FILE names an empty file/,
    );
    expect(problemsOf({ APP_SECRET_FILE: `${file}.none` })[0]).toMatch(/^APP_SECRET_FILE can't be read/);
    expect(problemsOf({ APP_SECRET_FILE: file, APP_SECRET: production.APP_SECRET })[0]).toMatch(
      /^APP_SECRET is set twice/,
    );
  });

  it('of nodes may come from a file too, because they hold keys', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gatehouse-')), 'nodes');
    writeFileSync(file, '{"1": "https://rpc.example.com/key"}');
    const { rpc } = read({ WALLET_RPC_URLS_FILE: file }).of(walletSettings);
    expect(rpc.urls.get('1')).toBe('https://rpc.example.com/key');
  });

  it('are never printed with their value when they are secret', () => {
    const given = 'postgre://user:hunter2-hunter2@db/x';
    expect(problemsOf({ DATABASE_URL: given, APP_SECRET: 'hunter2-hunter2' }).join()).not.toContain(
      'hunter2',
    );
  });

  it.each([
    ['rubbish', 'must be a JSON array'],
    ['{}', 'must be a JSON array'],
    ['[{}]', 'needs a name'],
    ['[null]', 'needs a name'],
    [[{ ...ISSUER, name: 'No Good' }], 'needs a name'],
    [[{ ...ISSUER, issuer: 'id.example.com' }], 'needs an issuer'],
    [[{ ...ISSUER, jwksUrl: 'https://user:secret@id.example.com/jwks' }], 'needs a jwksUrl'],
    [[{ ...ISSUER, audience: undefined }], 'needs an audience'],
    [[{ ...ISSUER, audience: [] }], 'needs an audience'],
    [[{ ...ISSUER, audience: [''] }], 'needs an audience'],
    [[{ ...ISSUER, private: 'yes' }], 'must have true or false'],
    [[{ ...ISSUER, jwks: 'x' }], 'may have no other field'],
    [[ISSUER, { ...ISSUER, issuer: 'https://other.example.com' }], 'has two issuers with the name "acme"'],
    [[ISSUER, { ...ISSUER, name: 'other' }], 'has two issuers with the issuer'],
  ])('refuse the issuers %j', (given, problem) => {
    const [told, ...others] = problemsOf({
      EXTERNAL_ISSUERS: typeof given === 'string' ? given : JSON.stringify(given),
    });
    expect(others).toEqual([]);
    expect(told).toMatch(new RegExp(`^EXTERNAL_ISSUERS ${problem}`));
    expect(told).not.toContain('secret');
  });

  it('take issuers of one audience or several, and in production by https alone', () => {
    const listed = (entry: object, more = {}) => ({ EXTERNAL_ISSUERS: JSON.stringify([entry]), ...more });
    const [one] = read(listed(ISSUER)).of(externalSettings).issuers;
    expect(one).toMatchObject({ name: 'acme', iss: ISSUER.issuer, audiences: ['app'], allowPrivate: false });
    const several = listed({ ...ISSUER, audience: ['app', 'api'], private: true }, production);
    expect(read(several).of(externalSettings).issuers[0]).toMatchObject({
      audiences: ['app', 'api'],
      allowPrivate: true,
    });
    const plain = { ...ISSUER, jwksUrl: 'http://id.example.com/jwks' };
    expect(problemsOf(listed(plain))).toEqual([]);
    expect(problemsOf(listed(plain, production))).toEqual([
      'EXTERNAL_ISSUERS must give "acme" a jwksUrl that begins with https://',
    ]);
    for (const jwksUrl of [
      'https://10.0.0.1/jwks',
      'https://169.254.169.254/x',
      'https://[::ffff:127.0.0.1]/x',
    ]) {
      expect(problemsOf(listed({ ...ISSUER, jwksUrl }, production))).toEqual([
        'EXTERNAL_ISSUERS has a private address for "acme": set "private": true for it',
      ]);
      expect(problemsOf(listed({ ...ISSUER, jwksUrl, private: true }, production))).toEqual([]);
    }
  });

  it('turn Crossmint off in production without a project, and refuse keys that are not for this', () => {
    const crossmint = (environment: Environment) => read(environment).of(crossmintSettings);
    expect(crossmint({}).isOn).toBe(true);
    expect(crossmint(production).isOn).toBe(false);
    expect(crossmint({ ...production, CROSSMINT_PROJECT_ID: 'mine' }).isOn).toBe(true);
    expect(crossmint({}).baseUrl).toBe('https://www.crossmint.com');
    const about = (environment: Environment) =>
      problemsOf(environment).map((problem) => problem.split(' ')[0]);
    for (const key of ['ck_production_x', 'sk_staging_x', 'sk_development_x', 'sk_pro duction', 'sk_ä']) {
      expect(about({ CROSSMINT_SERVER_API_KEY: key })).toEqual(['CROSSMINT_SERVER_API_KEY']);
    }
    expect(about({ CROSSMINT_SERVER_API_KEY: 'sk_production_x' })).toEqual([]);
    const staging = { CROSSMINT_BASE_URL: 'https://staging.crossmint.com' };
    expect(about({ ...staging, CROSSMINT_SERVER_API_KEY: 'sk_staging_x' })).toEqual([]);
    expect(about({ ...production, CROSSMINT_BASE_URL: 'http://crossmint.example' })).toEqual([
      'CROSSMINT_BASE_URL',
    ]);
  });

  it('stand in .env.example, each with its default, and nothing else does', () => {
    const lines = readFileSync(join(__dirname, '..', '.env.example'), 'utf8').split('\n');
    const given = new Map(
      lines.map((line) => /^#([A-Z0-9_]+)=(.*)$/.exec(line) ?? []).map(([, name, value]) => [name, value]),
    );
    given.delete(undefined);
    const known = all.flatMap(({ variables }) => variables);
    expect([...given.keys()].sort()).toEqual([...known, 'NODE_ENV'].sort());
    const [fromExample, fromNothing] = [read(Object.fromEntries(given) as Environment), read({})];
    expect([...fromExample.values.values()]).toEqual([...fromNothing.values.values()]);
    for (const name of known) {
      let at = lines.findIndex((line) => line.startsWith(`#${name}=`));
      // Settings that belong together share a reason.
      while (lines[at]?.startsWith('#') && !lines[at]?.startsWith('# ')) at--;
      expect(`${name}: ${lines[at]}`).toMatch(/: (# .+|)$/);
    }
  });

  it('of a worker are a share of what one alone would take, unless they are set', () => {
    const shares = { CLUSTER_WORKERS: '4', HASH_CONCURRENCY: '2', DATABASE_POOL_SIZE: '10' };
    expect(sharesOf({}, 4, 8)).toEqual(shares);
    expect(sharesOf({ CLUSTER_WORKERS: '16', HASH_CONCURRENCY: ' ' }, 16, 8)).toEqual({
      HASH_CONCURRENCY: '1',
      DATABASE_POOL_SIZE: '3',
    });
    expect(sharesOf({ HASH_CONCURRENCY: '3', DATABASE_POOL_SIZE: '20' }, 64, 64)).toEqual({
      CLUSTER_WORKERS: '64',
    });
  });

  it('DATA_DIR is taken from the working directory', () => {
    expect(Settings.read({}, [databaseSettings]).of(databaseSettings).dataDir).toBe(
      join(process.cwd(), 'data'),
    );
  });
});
