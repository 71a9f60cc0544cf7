import type { Stats } from 'node:fs';
import { constants, open, type FileHandle } from 'node:fs/promises';
import type { Refusal } from './row-reader';

/** As `Refusal` is written. */
const BEGINNING = Buffer.from('{"line":');

/** JSON lines about refused rows. */
export class RefusedReport {
  private constructor(private readonly file: FileHandle) {}

  /**
   * What stands in it may be cut off, so it must be a report, or nothing.
   * @param input the file that is imported
   */
  static async open(path: string, input: Pick<Stats, 'dev' | 'ino'>): Promise<RefusedReport> {
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
    const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    const { dev, ino, size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0);
    const isReport = size === 0 || buffer.equals(BEGINNING);
    if (isReport && (dev !== input.dev || ino !== input.ino)) return new RefusedReport(file);
    await file.close();
    throw new Error(`${path} is there already, and is no report of an import; name another by --refused.`);
  }

  /**
   * Writes what was refused of one batch, to be there before the batch is committed. What stands behind the end is of a batch
   * that was not: a process that died left it.
   * @param end in bytes, of what is committed
   * @returns the new end
   */
  async append(refusals: readonly Refusal[], end: number): Promise<number> {
    const { size } = await this.file.stat();
    const from = Math.min(end, size);
    const text = Buffer.from(refusals.map((refusal) => `${JSON.stringify(refusal)}\n`).join(''));
    if (size > from) await this.file.truncate(from);
    if (text.length === 0) return from;
    await this.file.write(text, 0, text.length, from);
    await this.file.datasync();
    return from + text.length;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
