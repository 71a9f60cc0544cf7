import { createHmac, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { promise as queueOf, type queueAsPromised } from 'fastq';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../clock/clock';
import { AppSecret } from '../crypto/app-secret';
import { Busy, RateLimited } from '../http/api-error';
import { beginGuess, clearGuesses, failGuess, forgiveGuesses, withdrawGuess } from './guess-statements';

/** How long a guess waits for those before it; each takes the time of a hash. */
const PATIENCE = 15_000;
const SHORTEST_WAIT = 20;
const LONGEST_WAIT = 200;
/** Guesses at one secret that wait in one process. */
const MOST_WAITING = 1_000;

/** When guessing at a secret locks it, and for how long. Lengths of time in milliseconds. */
export interface GuessPolicy {
  /** Wrong guesses until the first lock. */
  readonly most: number;
  /** Wrong guesses further apart than this don't add up. */
  readonly window: number;
  /**
   * The length of the first lock in a row, of the second, …; the last one is that of all further ones.
   * None: a lock lasts until the window ends, and none is longer for those before it.
   */
  readonly locks: readonly number[];
}

/**
 * Locks on secrets that people choose, and on addresses that guess at them, shared by all instances through PostgreSQL.
 * A guess takes its place before it is checked, so parallel guesses can't pass the limit; while all places are taken
 * further ones wait, so that many right ones at once are not taken for an attack. Names that nobody has are counted and
 * locked the same.
 */
@Injectable()
export class GuessLocks {
  private readonly key: Buffer;
  private readonly queues = new Map<string, queueAsPromised<() => Promise<void>, void>>();

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    appSecret: AppSecret,
  ) {
    this.key = appSecret.keyFor('guess locks');
  }

  /** @param name as it is compared: normalised, in lower case */
  subject(secret: string, name: string): Buffer {
    return createHmac('sha256', this.key).update(`${secret}\0${name}`).digest();
  }

  /**
   * Takes a place. Who calls it must end the guess by `fail`, `forgive` or `withdraw`.
   * @throws RateLimited while the secret is locked
   * @throws Busy when the guesses before it are too many, or take too long
   */
  async begin(subject: Buffer, policy: GuessPolicy): Promise<void> {
    const name = subject.toString('base64');
    const queue = this.queues.get(name) ?? queueOf((wait: () => Promise<void>) => wait(), 1);
    if (queue.length() >= MOST_WAITING) throw new Busy(1);
    this.queues.set(name, queue);
    const deadline = performance.now() + PATIENCE;
    try {
      await queue.push(() => this.waitForPlace(subject, policy, deadline));
    } finally {
      if (queue.idle()) this.queues.delete(name);
    }
  }

  /** Only the first of those who wait here for one secret asks the database. */
  private async waitForPlace(subject: Buffer, policy: GuessPolicy, deadline: number): Promise<void> {
    for (
      let wait = SHORTEST_WAIT;
      !(await this.tryToBegin(subject, policy));
      wait = Math.min(2 * wait, LONGEST_WAIT)
    ) {
      if (performance.now() > deadline) throw new Busy(1);
      await sleep(randomInt(wait / 2, wait));
    }
  }

  private async tryToBegin(subject: Buffer, { most, window }: GuessPolicy): Promise<boolean> {
    const now = this.clock.now();
    const [row] = await beginGuess.run(this.database, [subject, now, most, window]);
    // A lock that was ended while the statement waited for the row is still there in what it reads beside: the place counts.
    if (row?.begun) return true;
    if (row?.lockedUntil) throw new RateLimited(secondsUntil(row.lockedUntil, now));
    return false;
  }

  /** @returns the whole seconds for which this guess locked the secret, or undefined */
  async fail(
    subject: Buffer,
    { most, locks }: GuessPolicy,
    transaction: EntityManager,
  ): Promise<number | undefined> {
    const now = this.clock.now();
    const [locked] = await transaction.query<{ lockedUntil: Date }[]>(failGuess, [subject, now, most, locks]);
    return locked && secondsUntil(locked.lockedUntil, now);
  }

  async forgive(subject: Buffer): Promise<void> {
    await forgiveGuesses.run(this.database, [subject, this.clock.now()]);
  }

  /** For a secret that was set anew: what was guessed at the old one is forgotten. */
  async clear(subject: Buffer, transaction: EntityManager): Promise<void> {
    await transaction.query(clearGuesses, [subject, this.clock.now()]);
  }

  /** Also for a right guess at a secret of many, as those of one address: it forgives no other. */
  async withdraw(subject: Buffer): Promise<void> {
    await withdrawGuess.run(this.database, [subject]);
  }
}

const secondsUntil = (end: Date, now: Date): number =>
  Math.max(1, Math.ceil((end.getTime() - now.getTime()) / 1_000));
