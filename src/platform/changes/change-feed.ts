import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Client, Notification } from 'pg';
import { DataSource } from 'typeorm';
import { Clock } from '../clock/clock';
import { databaseSettings, type DatabaseSettings } from '../database/database.settings';
import { directClient } from '../database/direct-client';

/** Takes what a notification says. */
export type ChangeListener = (payload: string) => void;

/** How long after an echo was asked for nothing can have been missed; in milliseconds, as all that follows. */
const LEASE = 800;
const BEAT_EVERY = 250;
/** Beats without anybody who asks, after which they rest: each costs the database a transaction id. */
const IDLE_BEATS = 40;
/** An echo that has not come by then never will: the connection is dead, though nobody has told us. */
const DEAD_AFTER = 5_000;
const RETRY_AFTER = 250;
const LONGEST_RETRY = 2_000;

const ADVICE =
  'Sessions are read from the database each time. Behind a pooler in transaction mode set DATABASE_DIRECT_URL.';

/** A moment by the clock that never jumps, and by the one that goes on while a machine sleeps. */
interface Moment {
  readonly ticks: number;
  readonly time: number;
}

/**
 * What transactions of all instances tell by NOTIFY, heard on a connection of its own; and whether all has been heard that
 * there is. PostgreSQL hands out notifications in the order of commits, so when an echo that was asked for at some moment
 * comes back, all that was committed before that moment has come before it. Whoever keeps something in memory trusts it only
 * while the newest such moment is less than `LEASE` ago: a connection that is cut, silently or not, or late, ends the trust
 * by itself.
 */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('ChangeFeed');
  private readonly listeners = new Map<string, ChangeListener>();
  private readonly echoes = `echo_${randomBytes(8).toString('hex')}`;
  private readonly awaited = new Map<string, () => void>();
  private client?: Client;
  private beats?: NodeJS.Timeout;
  private lease?: Moment;
  private since = Infinity;
  private asked = 0;
  private lastChange = -Infinity;
  private lastEcho = 0;
  private hasHeard = false;
  private lastTurn: Promise<void> = Promise.resolve();
  private closing = false;
  private running?: Promise<void>;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    @Inject(databaseSettings.token) private readonly settings: DatabaseSettings,
  ) {}

  /** To be called while the application is wired; one for each channel. */
  on(channel: string, listener: ChangeListener): void {
    this.listeners.set(channel, listener);
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
    let isUnderWay = false;
    this.beats = setInterval(() => {
      if (isUnderWay || ++this.asked > IDLE_BEATS) return;
      isUnderWay = true;
      void this.beat().finally(() => (isUnderWay = false));
    }, BEAT_EVERY).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing = true;
    clearInterval(this.beats);
    await this.client?.end().catch(() => undefined);
    await this.running;
  }

  /** Whether what was read after `listensSince` may be trusted, as far as no notification says otherwise. */
  isCurrent(now: Date): boolean {
    this.asked = 0;
    return (
      this.lease !== undefined &&
      performance.now() - this.lease.ticks < LEASE &&
      now.getTime() - this.lease.time < LEASE
    );
  }

  /** Of `performance.now()`: notifications of before were not heard. */
  get listensSince(): number {
    return this.since;
  }

  /** To be said before a change of which all are to hear. */
  changing(): void {
    this.lastChange = performance.now();
  }

  /** Whether a change may have been made here since then, of `performance.now()`. */
  hasChangedSince(ticks: number): boolean {
    return this.lastChange >= ticks;
  }

  /** Resolves when all has been heard that was committed before, or when nothing here is trusted, or no more. */
  async caughtUp(): Promise<void> {
    if (!this.lease || performance.now() - this.lease.ticks > LEASE) return;
    const lapse = new AbortController();
    const lapsed = sleep(LEASE, undefined, { signal: lapse.signal });
    await Promise.race([this.echo(), lapsed]).catch(() => undefined);
    lapsed.catch(() => undefined);
    lapse.abort();
  }

  private async beat(): Promise<void> {
    const asked = { ticks: performance.now(), time: this.clock.now().getTime() };
    const { client } = this;
    if (!client) return;
    const dead = setTimeout(() => this.giveUp(client), DEAD_AFTER).unref();
    try {
      await this.echo();
      if (client === this.client) this.lease = asked;
    } catch {
      cut(client);
    } finally {
      clearTimeout(dead);
    }
  }

  private giveUp(client: Client): void {
    if (!this.hasHeard) this.logger.warn(`No notification arrives. ${ADVICE}`);
    cut(client);
  }

  /** One after the other: a connection carries one query at a time. */
  private echo(): Promise<void> {
    const echo = this.lastTurn.then(() => this.askForEcho());
    this.lastTurn = echo.catch(() => undefined);
    return echo;
  }

  private async askForEcho(): Promise<void> {
    const { client } = this;
    if (!client) throw new Error('nothing is heard now');
    const payload = String(++this.lastEcho);
    const heard = new Promise<void>((resolve) => this.awaited.set(payload, resolve));
    await client.query(`NOTIFY ${this.echoes}, '${payload}'`).catch((error: unknown) => {
      this.awaited.delete(payload);
      throw error;
    });
    await heard;
  }

  private async run(): Promise<void> {
    for (let pause = RETRY_AFTER; !this.closing; pause = Math.min(2 * pause, LONGEST_RETRY)) {
      try {
        await this.listen();
        pause = RETRY_AFTER;
        if (!this.closing)
          this.logger.warn('The listening connection was lost: sessions are read from the database');
      } catch (error) {
        this.logger.warn(`Notifications can't be heard: ${(error as Error).message}`);
      }
      if (!this.closing) await sleep(pause, undefined, { ref: false });
    }
  }

  /** Resolves when the connection ends. */
  private async listen(): Promise<void> {
    const client = directClient(this.database, this.settings);
    const ended = new Promise((resolve) => client.once('end', resolve));
    client.on('notification', (notification) => this.hear(notification));
    try {
      await client.connect();
      for (const channel of [...this.listeners.keys(), this.echoes]) await client.query(`LISTEN ${channel}`);
      this.begin(client);
      await ended;
    } finally {
      this.leave();
      await client.end().catch(() => undefined);
    }
  }

  private begin(client: Client): void {
    if (this.closing) return void client.end().catch(() => undefined);
    this.since = performance.now();
    this.client = client;
    void this.beat();
  }

  private leave(): void {
    this.client = undefined;
    this.lease = undefined;
    this.since = Infinity;
    // Nobody waits for what can't come any more; the trust is gone.
    for (const resolve of this.awaited.values()) resolve();
    this.awaited.clear();
  }

  private hear({ channel, payload = '' }: Notification): void {
    this.hasHeard = true;
    if (channel !== this.echoes) return this.listeners.get(channel)?.(payload);
    this.awaited.get(payload)?.();
    this.awaited.delete(payload);
  }
}

/** A broken connection that nobody has told us of would wait for minutes. */
const cut = (client: Client): void =>
  void (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
