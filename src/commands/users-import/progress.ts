import { clearLine, cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';
import type { Tally } from './destination';

const WIDTH = 30;
/** Between two lines; a terminal is told ten times a second. In milliseconds. */
const [OFTEN, SELDOM] = [100, 10_000];

/** A bar where a person watches, else a line now and then. */
export class Progress {
  private readonly began = performance.now();
  private told = performance.now();

  /** @param total of the file, in bytes */
  constructor(
    private readonly out: WriteStream,
    private readonly total: number,
  ) {}

  show({ rows, refused }: Tally, bytes: number): void {
    const now = performance.now();
    if (now - this.told < (this.out.isTTY ? OFTEN : SELDOM)) return;
    this.told = now;
    const share = this.total > 0 ? Math.min(1, bytes / this.total) : 1;
    const text = `${Math.floor(100 * share)} %  ${count(rows)} rows, ${count(refused)} refused`;
    if (!this.out.isTTY) return void this.out.write(`${text}\n`);
    const full = Math.round(WIDTH * share);
    this.clear();
    this.out.write(`[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${text}`);
  }

  /** @returns seconds since it began */
  end(): number {
    if (this.out.isTTY) this.clear();
    return (performance.now() - this.began) / 1_000;
  }

  private clear(): void {
    clearLine(this.out, 0);
    cursorTo(this.out, 0);
  }
}

/** 1234567 → 1,234,567 */
export const count = (number: number): string => number.toLocaleString('en');
