import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvRows } from '../src/commands/users-import/csv-rows';
import { readOptions } from '../src/commands/users-import/import-options';
import { jsonRows } from '../src/commands/users-import/json-rows';
import { register } from './support/builders';
import { freshDataDir } from './support/data-dir';
import { FIREBASE, FOREIGN_HASHES, PASSWORD } from './support/foreign-hashes';
import { launchCommand } from './support/server-process';
import { TEST_SECRET, useApp } from './support/test-app';

const [BCRYPT = ''] = FOREIGN_HASHES.map(({ hash }) => hash);
const ID = '2f1b7a9e-5b0c-4a53-9a39-6a2f0e6f7c11';

interface Told {
  line: number;
  field: string | null;
  reason: string;
}

describe('npm run users:import', () => {
  const app = useApp({ environment: { FIREBASE_SIGNER_KEY: FIREBASE.signerKey } });
  const directory = freshDataDir();
  let files = 0;

  function file(content: string, ending = 'csv'): string {
    const path = join(directory, `${files++}.${ending}`);
    writeFileSync(path, content);
    return path;
  }

  const start = (...args: string[]) =>
    launchCommand(
      'users-import',
      {
        DATABASE_URL: app.databaseUrl,
        APP_SECRET: TEST_SECRET,
        FIREBASE_SIGNER_KEY: FIREBASE.signerKey,
      },
      args,
    );

  async function run(...args: string[]): Promise<{ code: unknown; said: string }> {
    const { ended, output } = start(...args);
    return { code: await ended, said: output() };
  }

  const reportOf = (path: string): Told[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Told);

  const userOf = async (email: string) => {
    const [user] = await app.database.query('SELECT * FROM users WHERE email = $1', [email]);
    return user;
  };

  const everything = () =>
    app.database.query(
      `SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM passwords) AS passwords,
              (SELECT count(*)::int FROM audit_events) AS events, (SELECT count(*)::int FROM user_imports) AS imports`,
    );

  it('[B77] takes over who is in a CSV file; the audit tells, and they sign in with the password that they had', async () => {
    const path = file(
      `\ufeffemail,name,emailVerified,passwordHash,id,createdAt,disabled\r\n` +
        ` Ada@Example.COM,"Lovelace, ""Ada""",t,${BCRYPT},${ID.toUpperCase()},2020-02-03 04:05:06.789+00,f\r\n` +
        `grace@example.com,Cafe\u0301,,,,1580702706789,\r\n` +
        `off@example.com,,true,${BCRYPT},,,TRUE\r\n`,
    );
    const { code, said } = await run(path);
    expect([code, said]).toEqual([0, expect.stringMatching(/3 rows.*\n +imported {2}3\n +refused {2}0\n/)]);
    const ada = await userOf('ada@example.com');
    expect(ada).toMatchObject({ id: ID, name: 'Lovelace, "Ada"', disabled_at: null });
    expect(ada.created_at.toISOString()).toBe('2020-02-03T04:05:06.789Z');
    expect(ada.email_verified_at).not.toBeNull();
    const grace = await userOf('grace@example.com');
    expect(grace).toMatchObject({ name: 'Caf\u00e9', email_verified_at: null, created_at: ada.created_at });
    const login = (email: string) => app.http.post('/auth/login').send({ email, password: PASSWORD });
    expect((await login('ada@example.com').expect(200)).body.user._id).toBe(ID);
    await login('off@example.com').expect(401);
    await login('grace@example.com').expect(401);
    await app.http.post('/auth/magic-link').send({ email: 'grace@example.com' }).expect(200);
    const told = await app.database.query(
      `SELECT details->'line' AS line FROM audit_events WHERE action = 'imported' AND user_id = ANY($1)`,
      [[ada.id, grace.id]],
    );
    expect(told).toEqual([{ line: 2 }, { line: 3 }]);

    const before = await everything();
    expect((await run(path)).code).toBe(0);
    expect(await everything()).toEqual(before);
  }, 60_000);

  it('takes over an export of Firebase', async () => {
    const row = (values: object) => `${JSON.stringify(values)}\n`;
    const path = file(
      row({
        email: 'fire@example.com',
        emailVerified: true,
        passwordHash: FIREBASE.hash.replaceAll('+', '-').replaceAll('/', '_'),
        salt: FIREBASE.salt,
        createdAt: '1486324027000',
        name: null,
      }) +
        '\n' +
        row({ email: 'no-salt@example.com', passwordHash: FIREBASE.hash }),
      'jsonl',
    );
    const parameters = ['--firebase-rounds', FIREBASE.rounds, '--firebase-memory-cost', FIREBASE.memoryCost];
    const { code } = await run(path, ...parameters, '--firebase-salt-separator', FIREBASE.saltSeparator);
    expect(code).toBe(2);
    expect(reportOf(`${path}.refused.jsonl`)).toEqual([
      { line: 3, field: 'passwordHash', reason: 'passwordHash is of no format that is known' },
    ]);
    const body = { email: 'fire@example.com', password: FIREBASE.password };
    await app.http.post('/auth/login').send(body).expect(200);
    expect((await userOf(body.email)).created_at.toISOString()).toBe('2017-02-05T19:47:07.000Z');
  }, 30_000);

  it('refuses by the rules of a registration, changes no account, and a dry run finds the same', async () => {
    const known = await register(app);
    const before = [await userOf(known.email), await everything()];
    const rows = [
      `new@example.com,New,true,${BCRYPT},,`,
      `${known.email.toUpperCase()},Thief,true,${BCRYPT},,`,
      'NEW@example.com,Again,,,,',
      'not an address,,,,,',
      `many@example.com,${'x'.repeat(101)},perhaps,,no-uuid,yesterday`,
      `dear@example.com,,,$2b$31$${BCRYPT.slice(7)},,`,
      `taken-id@example.com,,,,${known.id},`,
      'too,few',
      'future@example.com,,,,,2999-01-01',
      'latin@example.com,J\ufffdrg,,,,',
    ];
    const path = file(`email,name,emailVerified,passwordHash,id,createdAt\n${rows.join('\n')}\n`);
    const dry = await run(path, '--dry-run');
    expect([dry.code, dry.said]).toEqual([2, expect.stringContaining('would be refused  9;')]);
    expect([await userOf(known.email), await everything()]).toEqual(before);

    const { code, said } = await run(path, '--refused', join(directory, 'why.jsonl'));
    expect([code, said]).toEqual([2, expect.stringContaining('imported  1\n')]);
    const report = reportOf(join(directory, 'why.jsonl'));
    expect(report).toEqual(reportOf(`${path}.dry-run.jsonl`));
    expect(report.map(({ line, field }) => [line, field])).toEqual([
      [3, 'email'],
      [4, 'email'],
      [5, 'email'],
      [6, 'name'],
      [6, 'emailVerified'],
      [6, 'id'],
      [6, 'createdAt'],
      [7, 'passwordHash'],
      [8, 'id'],
      [9, null],
      [10, 'createdAt'],
      [11, 'name'],
    ]);
    expect(report.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([
        'email belongs to an account that exists',
        'email stands in line 2 too',
        'email must be a valid email address',
        'passwordHash has the bcrypt cost 31; at most 16 is checked',
        'id belongs to an account that exists',
        'the row has 2 values, and the header 6',
      ]),
    );
    for (const text of [said, dry.said, JSON.stringify(report)]) expect(text).not.toContain('$2b$');
    expect(await userOf(known.email)).toEqual(before[0]);
    expect(await app.database.query('SELECT hash FROM passwords WHERE user_id = $1', [known.id])).toEqual([
      { hash: expect.stringContaining('$bcrypt-sha256$') },
    ]);
  }, 60_000);

  it.each([
    ['a column that is misspelt', 'csv', 'email,emailverified\n', 'Line 1: "emailverified" is none of'],
    ['a quotation mark that is not closed', 'csv', 'email,name\na@example.com,"secret\n', 'quotation mark'],
    [
      'JSON that is no lines',
      'jsonl',
      `[${'{"email": "secret"},'.repeat(5_000)}]`,
      'longer than 65536 bytes',
    ],
    ['a key that is unknown', 'jsonl', '{"Email": "a@example.com"}', '"Email" is none of'],
  ])('stops at %s, and says where', async (_name, ending, content, reason) => {
    const read = async () => {
      const [path, rows] = [file(content, ending), []];
      for await (const row of ending === 'csv' ? csvRows(path) : jsonRows(path)) rows.push(row as never);
    };
    const error = await read().catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining(reason) });
    expect(error).not.toMatchObject({ message: expect.stringContaining('secret') });
  });

  it('refuses, line by line, what the database would not take, in a dry run too', async () => {
    const odd = (email: string, more: object) => JSON.stringify({ email: `${email}@example.org`, ...more });
    const rows = [
      odd('half', {
        passwordHash: 'pbkdf2_sha256$1000$a\ud800b$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=',
      }),
      odd('nul', {
        passwordHash: 'pbkdf2_sha256$1000$a\u0000b$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=',
      }),
      odd('old', { createdAt: '0000-01-01' }),
      odd('february', { createdAt: '2026-02-31' }),
      odd('good', {}),
    ];
    const path = file(rows.join('\n'), 'jsonl');
    for (const [args, report] of [
      [['--dry-run'], 'dry-run'],
      [[], 'refused'],
    ] as const) {
      expect((await run(path, ...args)).code).toBe(2);
      const told = reportOf(`${path}.${report}.jsonl`);
      expect(told.map(({ line, field }) => [line, field])).toEqual([
        [1, 'passwordHash'],
        [2, 'passwordHash'],
        [3, 'createdAt'],
        [4, 'createdAt'],
      ]);
    }
    expect(await userOf('good@example.org')).toBeDefined();
  });

  it('cuts no file but a report of its own', async () => {
    const path = file('email\nnobody\n');
    const precious = file('precious', 'txt');
    for (const name of [precious, `${path}.link`]) {
      if (name !== precious) symlinkSync(path, name);
      expect((await run(path, '--refused', name)).code).toBe(1);
    }
    expect([readFileSync(precious, 'utf8'), readFileSync(path, 'utf8')]).toEqual([
      'precious',
      'email\nnobody\n',
    ]);
  });

  it('killed at any moment and started again imports all, nothing twice, and reports each refusal once', async () => {
    const COUNT = 8_000;
    const lines = Array.from({ length: COUNT }, (_, at) =>
      at % 50 === 7 ? `no address ${at},` : `mass-${at}@example.com,${BCRYPT}`,
    );
    // An address that stands again far behind, in another batch.
    lines.push(`MASS-0@example.com,${BCRYPT}`);
    const path = file(`email,passwordHash\n${lines.join('\n')}\n`);
    const settled = async (): Promise<number> => {
      const [row] = await app.database.query('SELECT row_count FROM user_imports ORDER BY started_at DESC');
      return Number(row?.row_count ?? 0);
    };
    for (const kills of [1, 2]) {
      const { child, ended } = start(path);
      const from = kills === 1 ? 0 : await settled();
      while (child.exitCode === null && ((await settled()) <= from || (await settled()) > COUNT)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      // What a batch that was not committed has left in the report.
      writeFileSync(`${path}.refused.jsonl`, '{"line": 0}\n{"li', { flag: 'a' });
    }
    const between = await settled();
    expect(between).toBeGreaterThan(0);
    expect(between).toBeLessThan(COUNT);
    // And two processes at once do not make more of it.
    const both = [start(path), start(path)];
    const codes = await Promise.all(both.map(({ ended }) => ended));
    expect(codes.filter((code) => code === 2).length).toBeGreaterThan(0);
    expect(codes.every((code) => code === 2 || code === 1)).toBe(true);

    const refused = COUNT / 50 + 1;
    const report = reportOf(`${path}.refused.jsonl`);
    expect(report).toHaveLength(refused);
    expect(new Set(report.map(({ line }) => line)).size).toBe(refused);
    expect(report.at(-1)).toEqual({ line: COUNT + 2, field: 'email', reason: 'email stands in line 2 too' });
    const [counted] = await app.database.query(
      `SELECT count(*)::int AS users, count(p.hash)::int AS passwords, count(DISTINCT a.id)::int AS events,
              count(DISTINCT u.id)::int AS distinct_users
         FROM users u LEFT JOIN passwords p ON p.user_id = u.id
         LEFT JOIN audit_events a ON a.user_id = u.id AND a.action = 'imported'
        WHERE u.email LIKE 'mass-%'`,
    );
    const imported = COUNT + 1 - refused;
    expect(counted).toEqual({
      users: imported,
      passwords: imported,
      events: imported,
      distinct_users: imported,
    });
  }, 120_000);

  it('says what is missing, or would do harm', () => {
    expect(() => readOptions([])).toThrow('npm run users:import --');
    expect(() => readOptions(['users.txt'])).toThrow('--format csv');
    expect(() => readOptions(['users.csv', '--firebase-rounds', '8'])).toThrow('come together');
    expect(() => readOptions(['users.csv', '--refused', './users.csv'])).toThrow('overwrite');
    expect(readOptions(['users.csv', '--help'])).toBeUndefined();
  });
});
