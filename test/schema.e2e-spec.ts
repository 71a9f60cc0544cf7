import { register, registerPin } from './support/builders';
import { useApp } from './support/test-app';

describe('the schema', () => {
  const app = useApp();

  it('stands on the PostgreSQL that this run is meant for', async () => {
    const [{ server_version: version }] = await app.database.query('SHOW server_version');
    expect(version.split('.')[0]).toBe(process.env['TEST_POSTGRES_MAJOR'] ?? '17');
  });

  it('that the migrations make is the one that the entities describe', async () => {
    const { upQueries } = await app.database.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can be taken down and built again', async () => {
    for (let left = app.database.migrations.length; left > 0; left--) await app.database.undoLastMigration();
    expect(await app.database.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)).toEqual([
      { tablename: 'migrations' },
    ]);
    expect(await app.database.runMigrations()).toHaveLength(app.database.migrations.length);
  });

  it('finds hot rows by an index: sessions, refresh tokens, users', async () => {
    await app.database.query('SET enable_seqscan = off');
    const plans = await Promise.all(
      [
        `SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = '00000000-0000-4000-8000-000000000000'`,
        `SELECT 1 FROM refresh_tokens WHERE token_hash = '\\x00'`,
        `SELECT 1 FROM users WHERE email = 'a@example.com'`,
        `SELECT 1 FROM sessions WHERE user_id = '00000000-0000-4000-8000-000000000000' AND revoked_at IS NULL`,
      ].map((query) => app.database.query(`EXPLAIN ${query}`)),
    );
    for (const plan of plans) expect(JSON.stringify(plan)).not.toContain('Seq Scan');
  });
});

describe('the schema, taken down to the first', () => {
  const app = useApp();

  it('keeps no session whose token never rotates', async () => {
    await register(app);
    await registerPin(app);
    for (let left = app.database.migrations.length; left > 1; left--) await app.database.undoLastMigration();
    expect(await app.database.query('SELECT method FROM sessions')).toEqual([{ method: 'password' }]);
    await app.database.runMigrations();
  });
});
