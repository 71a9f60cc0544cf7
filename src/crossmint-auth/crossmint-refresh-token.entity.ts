import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Session } from '../sessions/session.entity';

/**
 * Given out and not used yet; under way; exchanged for another, or for itself where the issuer does not rotate; or what
 * else came of it.
 */
export type RefreshTokenState = 'held' | 'asking' | 'spent' | 'kept' | 'refused' | 'unavailable';

/**
 * A refresh token of Crossmint: one that a browser keeps in a cookie of ours, and that names its session there when the
 * JWT beside it is gone; or one that is being exchanged, and what came of it.
 */
@Entity('crossmint_refresh_tokens')
export class CrossmintRefreshToken {
  /** SHA-256. */
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'crossmint_refresh_tokens_pkey' })
  tokenHash: Buffer;

  @ManyToOne(() => Session, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({
    name: 'session_id',
    foreignKeyConstraintName: 'crossmint_refresh_tokens_session_id_fkey',
  })
  session?: Session | null;

  /** Null for one that a client has only offered. */
  @Index('crossmint_refresh_tokens_session_id_idx')
  @Column('uuid', { name: 'session_id', nullable: true })
  sessionId: string | null;

  /** Whose it is at Crossmint. */
  @Column('text', { nullable: true })
  subject: string | null;

  @Column('text')
  state: RefreshTokenState;

  /** Sealed under the token itself, of which there is only the hash here: the database can't open it. */
  @Column('bytea', { nullable: true })
  answer: Buffer | null;

  @Column({ type: 'timestamptz', name: 'claimed_at', precision: 3, nullable: true })
  claimedAt: Date | null;

  /** Until then the answer holds for everybody who offers the token. */
  @Index('crossmint_refresh_tokens_holds_until_idx')
  @Column({ type: 'timestamptz', name: 'holds_until', precision: 3, nullable: true })
  holdsUntil: Date | null;
}
