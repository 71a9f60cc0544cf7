import { randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { promise as queueOf, type queueAsPromised } from 'fastq';
import { Busy } from '../http/api-error';
import { costOfBcryptSha256, hashBcryptSha256, verifyBcryptSha256 } from './bcrypt-sha256';
import { hashingSettings, type HashingSettings } from './hashing.settings';

/** Weight of the newest measurement in the running mean of a hash's time. */
const NEWEST = 0.2;

/**
 * Slow hashes for secrets that people choose. Few run at once and few wait: a hash holds a core for a fifth
 * of a second, so without a bound a flood of sign-ins would starve everything else.
 */
@Injectable()
export class SecretHasher implements OnModuleInit {
  private readonly queue: queueAsPromised<() => Promise<unknown>, unknown>;
  private meanMilliseconds = 0;
  private decoy: string;

  constructor(@Inject(hashingSettings.token) private readonly settings: HashingSettings) {
    this.queue = queueOf((work: () => Promise<unknown>) => this.timed(work), settings.concurrency);
  }

  async onModuleInit(): Promise<void> {
    this.decoy = await this.hash(randomBytes(32).toString('base64'));
  }

  /** @throws Busy when too many are waiting */
  hash(secret: string): Promise<string> {
    return this.enqueue(() => hashBcryptSha256(secret, this.settings.bcryptCost));
  }

  /**
   * @param stored null where there is no such user or secret: the same work is done, so that the time of an
   *   answer does not tell who exists
   * @throws Busy when too many are waiting
   */
  async verify(secret: string, stored: string | null): Promise<boolean> {
    const hash = stored ?? this.decoy;
    return this.enqueue(async () => {
      const matches = (await verifyBcryptSha256(secret, hash)) && stored !== null;
      if (!matches) await this.makeUp(costOfBcryptSha256(hash));
      return matches;
    });
  }

  /**
   * For a secret that was just found right.
   * @returns a new hash where the stored one was made at a lower cost than is asked for now; null where it is good as it
   *   is, or the server has better things to do
   */
  async renew(secret: string, stored: string): Promise<string | null> {
    if (!this.isOutdated(stored)) return null;
    try {
      return await this.hash(secret);
    } catch (error) {
      if (error instanceof Busy) return null;
      throw error;
    }
  }

  private isOutdated(stored: string): boolean {
    return costOfBcryptSha256(stored) < this.settings.bcryptCost;
  }

  /**
   * After a failure on a hash of a lower cost, the work that is missing to that of an unknown user:
   * 2^c + 2^c + 2^(c+1) + … + 2^(n-1) = 2^n.
   */
  private async makeUp(cost: number): Promise<void> {
    for (let step = cost; step < this.settings.bcryptCost; step++) await hashBcryptSha256('', step);
  }

  private enqueue<T>(work: () => Promise<T>): Promise<T> {
    const waiting = this.queue.length();
    if (waiting >= this.settings.queue) throw new Busy(this.secondsFor(waiting));
    return this.queue.push(work) as Promise<T>;
  }

  private secondsFor(waiting: number): number {
    return Math.max(1, Math.ceil((waiting * this.meanMilliseconds) / this.settings.concurrency / 1_000));
  }

  private async timed<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.meanMilliseconds += NEWEST * (performance.now() - began - this.meanMilliseconds);
    }
  }
}
