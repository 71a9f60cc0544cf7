import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Quarters } from './quarters';

/** A unix socket's path is limited to 107 bytes (on macOS 103); this leaves room for its name. */
const LONGEST = 85;

/** Where the socket stands: with the data, or in a directory of ours under /tmp where that path is too long. */
export function socketDirectoryOf({ home, account }: Quarters): string {
  if (Buffer.byteLength(home) <= LONGEST) return home;
  const short = join('/tmp', `gatehouse-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`);
  if (!existsSync(short)) {
    mkdirSync(short, { recursive: true, mode: 0o700 });
    if (account.uid !== undefined && account.gid !== undefined) chownSync(short, account.uid, account.gid);
    chmodSync(short, 0o700);
  }
  // Anyone may create names in /tmp: a directory that is not ours could hold an impostor's socket.
  const found = lstatSync(short);
  const owner = account.uid ?? process.getuid?.();
  if (!found.isDirectory() || found.uid !== owner || (found.mode & 0o077) !== 0) {
    throw new Error(`${short} is not ours alone. Remove it, or choose a shorter DATA_DIR.`);
  }
  return short;
}
