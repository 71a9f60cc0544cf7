import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Session } from './session.entity';

/**
 * A session's refresh tokens are one family: each rotation adds the successor and keeps the spent one, so
 * that any spent token is recognised when it comes back.
 */
@Entity('refresh_tokens')
export class RefreshToken {
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'refresh_tokens_pkey' })
  tokenHash: Buffer;

  @ManyToOne(() => Session, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'session_id', foreignKeyConstraintName: 'refresh_tokens_session_id_fkey' })
  session?: Session;

  @Index('refresh_tokens_session_id_idx')
  @Column('uuid', { name: 'session_id' })
  sessionId: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  @Column({ type: 'timestamptz', name: 'rotated_at', precision: 3, nullable: true })
  rotatedAt: Date | null;

  /** Kept in a cookie for the whole session: it never rotates, and is good as a cookie alone. */
  @Column('boolean', { default: false })
  fixed: boolean;

  /** What the next token of the family is made of, with this one: only who holds this token can make it. */
  @Column('bytea', { nullable: true })
  successor: Buffer | null;
}
