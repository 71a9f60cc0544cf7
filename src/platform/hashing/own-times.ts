import { randomInt } from 'node:crypto';

/** As many as tell how busy the machine is now. */
const KEPT = 32;

/**
 * How long hashes of our own took lately. What stands in for one lasts as long as one of these, drawn by lot: a mean would
 * show, because real ones scatter.
 */
export class OwnTimes {
  private readonly times: number[] = [];

  async measure<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    this.times.push(performance.now() - began);
    if (this.times.length > KEPT) this.times.shift();
    return result;
  }

  /** In milliseconds: of so many hashes one after the other. */
  draw(hashes: number): number {
    let sum = 0;
    for (let turn = 0; turn < hashes; turn++) sum += this.times[randomInt(this.times.length)] ?? 0;
    return sum;
  }
}
