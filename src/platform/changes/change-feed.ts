import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
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
import { clientBeside, directClient } from '../database/direct-client';

/** Takes what a notification says. */
export type ChangeListener = (payload: string) => void;

/** How long after an echo was asked for nothing can have been missed; in milliseconds, as all that follows. */
const LEASE = 800;
const BEAT_EVERY = 250;
/** Beats without anybody who asks, after which they rest: each costs the database a transaction id. */
const IDLE_BEATS = 40;
/** An echo that has not come by then never will: the connection is dead, though nobody has told us. */
const DEAD_AFTER = 5_000;
const GOODBYE = 500;
const RETRY_AFTER = 250;
const LONGEST_RETRY = 2_000;

const ADVICE =
  'Sessions are read from the database each time. Behind a pooler in transaction mode set DATABASE_DIRECT_URL.';

/** A moment by the clock that never jumps, and by the one that goes on while a machine sleeps. */
interface Moment {
  readonly ticks: number;
  readonly time: number;
}

/** It hears on one, and speaks on the other, by the way that all writes go: what it hears must be what is written there. */
interface Connections {
  readonly ear: Client;
  readonly voice: Client;
}

/**
 * What transactions of all instances tell by NOTIFY, heard on a connection of its own; and whether all has been heard that
 * there is. PostgreSQL hands out notifications in the order of commits, so when an echo that was asked for at some moment
 * comes back, all that was committed before that moment has come before it. The echo is asked for on another connection, so
 * that none comes back where the listening one leads to another database, or through a pooler that loses notifications.
 * Whoever keeps something in memory trusts it only while the newest such moment is less than `LEASE` ago: a connection that is
 * cut, silently or not, or late, ends the trust by itself.
 */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('ChangeFeed');
  private readonly listeners = new Map<string, ChangeListener>();
  private readonly echoes = `echo_${randomBytes(8).toString('hex')}`;
  private readonly awaited = new Map<string, () => void>();
  private connections?: Connections;
  private beats?: NodeJS.Timeout;
  private lease?: Moment;
  private since = Infinity;
  private asked = 0;
  private lastChange = -Infinity;
  private lastEcho = 0;
  private told = '';
  private thisEcho?: Promise<void>;
  private nextEcho?: Promise<void>;
  /** Of `performance.now()`: an echo that was asked for before it vouches for nothing. */
  private notBefore = -Infinity;
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
    const { connections } = this;
    if (connections) {
      for (const one of [connections.ear, connections.voice]) void one.end().catch(() => undefined);
      // One that is dead never says goodbye.
      setTimeout(() => cut(connections), GOODBYE).unref();
    }
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

  /**
   * Resolves when all has been heard that was committed before. Where that does not come in time, or at all, it resolves too:
   * then nothing is trusted any more that an echo asked for before this moment could vouch for.
   */
  async caughtUp(): Promise<void> {
    if (await this.hearsInTime()) return;
    this.lease = undefined;
    this.notBefore = performance.now();
  }

  private async hearsInTime(): Promise<boolean> {
    if (!this.lease || performance.now() - this.lease.ticks > LEASE) return false;
    const lapse = new AbortController();
    const lapsed = sleep(LEASE, false, { signal: lapse.signal }).catch(() => false);
    const heard = this.echo().then(
      () => true,
      () => false,
    );
    return Promise.race([heard, lapsed]).finally(() => lapse.abort());
  }

  private async beat(): Promise<void> {
    const asked = { ticks: performance.now(), time: this.clock.now().getTime() };
    const { connections } = this;
    if (!connections) return;
    const dead = setTimeout(() => this.giveUp(connections), DEAD_AFTER).unref();
    try {
      await this.echo();
      if (connections !== this.connections || asked.ticks < this.notBefore) return;
      this.lease = asked;
      this.told = '';
    } catch {
      cut(connections);
    } finally {
      clearTimeout(dead);
    }
  }

  private giveUp(connections: Connections): void {
    this.tell(`No notification arrives. ${ADVICE}`);
    cut(connections);
  }

  /** Once, until something is heard again. */
  private tell(trouble: string): void {
    if (this.told || this.closing) return;
    this.told = trouble;
    this.logger.warn(trouble);
  }

  /** One at a time; whoever comes while one waits for its turn shares that one. */
  private echo(): Promise<void> {
    this.nextEcho ??= this.takeTurn();
    return this.nextEcho;
  }

  private async takeTurn(): Promise<void> {
    await this.thisEcho?.catch(() => undefined);
    // It is sent now, so it tells nothing of what is committed from here on.
    this.thisEcho = this.nextEcho;
    this.nextEcho = undefined;
    await this.askForEcho();
  }

  private async askForEcho(): Promise<void> {
    const { connections } = this;
    if (!connections) throw new Error('nothing is heard now');
    const payload = String(++this.lastEcho);
    const heard = new Promise<void>((resolve) => this.awaited.set(payload, resolve));
    await connections.voice.query(`NOTIFY ${this.echoes}, '${payload}'`).catch((error: unknown) => {
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
        this.tell('The listening connection was lost: sessions are read from the database');
      } catch (error) {
        this.tell(`Notifications can't be heard: ${(error as Error).message}`);
      }
      if (!this.closing) await sleep(pause, undefined, { ref: false });
    }
  }

  /** Resolves when either connection ends. */
  private async listen(): Promise<void> {
    const [ear, voice] = [directClient(this.database, this.settings), clientBeside(this.database)];
    const both = [ear, voice];
    const ended = Promise.race(both.map((one) => new Promise((resolve) => one.once('end', resolve))));
    ear.on('notification', (notification) => this.hear(notification));
    try {
      await Promise.all(both.map((one) => one.connect()));
      for (const channel of [...this.listeners.keys(), this.echoes]) await ear.query(`LISTEN ${channel}`);
      this.begin({ ear, voice });
      await ended;
    } finally {
      this.leave();
      for (const one of both) void one.end().catch(() => undefined);
    }
  }

  private begin(connections: Connections): void {
    if (this.closing) return cut(connections);
    this.since = performance.now();
    this.connections = connections;
    void this.beat();
  }

  private leave(): void {
    this.connections = undefined;
    this.lease = undefined;
    this.since = Infinity;
    // Nobody waits for what can't come any more; the trust is gone.
    for (const resolve of this.awaited.values()) resolve();
    this.awaited.clear();
  }

  private hear({ channel, payload = '' }: Notification): void {
    if (channel !== this.echoes) return this.listeners.get(channel)?.(payload);
    this.awaited.get(payload)?.();
    this.awaited.delete(payload);
  }
}

/** Said politely, an end would wait for an answer that a dead connection never gives. */
function cut({ ear, voice }: Connections): void {
  for (const one of [ear, voice])
    (one as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
}
