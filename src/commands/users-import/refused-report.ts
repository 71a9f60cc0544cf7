import { open, type FileHandle } from 'node:fs/promises';
import type { Refusal } from './row-reader';

/** JSON lines about refused rows. */
export class RefusedReport {
  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<RefusedReport> {
    return new RefusedReport(await open(path, 'a').then((made) => made.close().then(() => open(path, 'r+'))));
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
