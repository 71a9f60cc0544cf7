import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How often somebody guessed at one secret, and until when nobody may. */
@Entity('guess_locks')
export class GuessLock {
  /** A keyed hash of what was typed as the account's name: it need not exist, and may be a password typed by mistake. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'guess_locks_pkey' })
  subject: Buffer;

  /** Wrong guesses since the window began, or since the last lock. */
  @Column('integer')
  failures: number;

  /** Guesses that are being checked now. They count, because each may turn out wrong. */
  @Column('integer', { name: 'in_flight' })
  inFlight: number;

  @Column({ type: 'timestamptz', name: 'window_ends_at', precision: 3 })
  windowEndsAt: Date;

  /** When the last guess was let through. */
  @Index('guess_locks_begun_at_idx')
  @Column({ type: 'timestamptz', name: 'begun_at', precision: 3 })
  begunAt: Date;

  /** Locks in a row. After the first, one more wrong guess makes the next. */
  @Column('integer')
  locks: number;

  @Column({ type: 'timestamptz', name: 'locked_until', precision: 3, nullable: true })
  lockedUntil: Date | null;
}
