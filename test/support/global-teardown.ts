import { rmSync } from 'node:fs';

export default async function tearDown(): Promise<void> {
  await globalThis.testPostgres.release();
  rmSync(process.env['TEST_POSTGRES_DIR'] ?? '', { recursive: true, force: true });
}
