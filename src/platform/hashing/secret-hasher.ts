import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { promise as queueOf, type queueAsPromised } from 'fastq';
import { Busy } from '../http/api-error';
import { triesOf, type HashFormat, type OwnFormat } from './hash-format';
import { formatsFor } from './hash-formats';
import { hashingSettings, type HashingSettings } from './hashing.settings';
import { OwnTimes } from './own-times';

/** Weight of the newest measurement in the running mean of a hash's time. */
const NEWEST = 0.2;

interface Checkable {
  readonly format: HashFormat;
  readonly hash: string;
}

/**
 * Slow hashes for secrets that people choose. Few run at once and few wait: a hash holds a core for a fifth
 * of a second, so without a bound a flood of sign-ins would starve everything else.
 */
@Injectable()
export class SecretHasher implements OnModuleInit {
  private readonly logger = new Logger('SecretHasher');
  private readonly queue: queueAsPromised<() => Promise<unknown>, unknown>;
  private readonly own: OwnFormat;
  private readonly formats: readonly HashFormat[];
  private readonly ownTimes = new OwnTimes();
  private meanMilliseconds = 0;
  private inside = 0;
  private decoy: Checkable;

  constructor(@Inject(hashingSettings.token) private readonly settings: HashingSettings) {
    const { own, all } = formatsFor(settings);
    [this.own, this.formats] = [own, all];
    this.queue = queueOf((work: () => Promise<unknown>) => this.timed(work), settings.concurrency);
  }

  async onModuleInit(): Promise<void> {
    this.decoy = { format: this.own, hash: await this.hash(randomBytes(32).toString('base64')) };
  }

  /**
   * For a request that will need a hash: as many are let in as can be served, and who is refused has cost next to nothing.
   * @throws Busy at once
   */
  async withRoom<T>(work: () => Promise<T>): Promise<T> {
    const { queue, concurrency } = this.settings;
    if (this.inside >= queue + concurrency) throw new Busy(this.secondsFor(this.inside));
    this.inside++;
    try {
      return await work();
    } finally {
      this.inside--;
    }
  }

  /** @throws Busy when too many are waiting */
  hash(secret: string): Promise<string> {
    return this.enqueue(() => this.ownTimes.measure(() => this.own.hash(secret)));
  }

  /**
   * @param secret as it was typed: how its characters are composed matters to hashes of other systems
   * @param stored null where there is no such user or secret: the same work is done, so that the time of an
   *   answer does not tell who exists
   * @throws Busy when too many are waiting
   */
  async verify(secret: string, stored: string | null): Promise<boolean> {
    const checked = this.checkable(stored) ?? this.decoy;
    return this.enqueue(async () => {
      const began = performance.now();
      const matches = (await this.check(secret, checked)) && checked.hash === stored;
      if (!matches) await this.makeUp(secret, checked, began);
      return matches;
    });
  }

  /**
   * For a secret that was just found right.
   * @returns a new hash where the stored one is not as new ones are made now; null where it is good as it
   *   is, or the server has better things to do
   */
  async renew(secret: string, stored: string): Promise<string | null> {
    if (!this.isOutdated(stored) || !this.readsWhole(secret, stored)) return null;
    try {
      return await this.hash(secret);
    } catch (error) {
      if (error instanceof Busy) return null;
      throw error;
    }
  }

  /** Why nobody could sign in by this hash, in words that follow its name; undefined where one can. */
  faultOf(stored: string): string | undefined {
    const format = this.formatOf(stored);
    return format ? format.faultOf(stored) : 'is of no format that is known';
  }

  /** A hash that reads a part of the secret alone says nothing of the rest, which a new one would demand for ever. */
  private readsWhole(secret: string, stored: string): boolean {
    return this.formatOf(stored)?.readsWhole?.(secret) ?? true;
  }

  private isOutdated(stored: string): boolean {
    return !this.own.isCurrent(stored);
  }

  private formatOf(stored: string): HashFormat | undefined {
    return this.formats.find((format) => format.recognises(stored));
  }

  /** Imports refuse what can't be checked; but a table has other writers, and settings change. */
  private checkable(stored: string | null): Checkable | undefined {
    if (stored === null) return undefined;
    const fault = this.faultOf(stored);
    if (fault !== undefined) this.logger.warn(`A stored hash counts as wrong, because it ${fault}`);
    const format = fault === undefined ? this.formatOf(stored) : undefined;
    return format && { format, hash: stored };
  }

  private check(secret: string, { format, hash }: Checkable): Promise<boolean> {
    const verify = () => format.verify(secret, hash).catch((error: Error) => this.refuse(error));
    return this.isUsual(secret, hash) ? this.ownTimes.measure(verify) : verify();
  }

  /** Formats refuse what they can't check; a library may know another reason. */
  private refuse({ message }: Error): false {
    this.logger.warn(`A stored hash counts as wrong, because it could not be checked: ${message}`);
    return false;
  }

  /** One hash, as new ones are made now. */
  private isUsual(secret: string, hash: string): boolean {
    return triesOf(secret) === 1 && this.own.isCurrent(hash);
  }

  /**
   * After a failure, what is missing to that of an unknown user. Where both are bcrypt it is the very work; what can't be
   * compared lasts as long as hashes of our own take now, and keeps its place in the queue meanwhile.
   */
  private async makeUp(secret: string, { format, hash }: Checkable, began: number): Promise<void> {
    if (this.isUsual(secret, hash)) return;
    const tries = triesOf(secret);
    const bcryptCost = format.bcryptCost?.(hash);
    if (tries === 1 && bcryptCost !== undefined && this.own.makeUp) return this.own.makeUp(bcryptCost);
    const left = this.ownTimes.draw(tries) - (performance.now() - began);
    if (left > 0) await sleep(left);
  }

  private async enqueue<T>(work: () => Promise<T>): Promise<T> {
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
