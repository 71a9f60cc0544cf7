import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Session } from './session.entity';

/**
 * A JWT of an issuer elsewhere that stands for a session of ours. Its row stays while the JWT is good, also when the
 * session is gone: what opened a session once opens no second one.
 */
@Entity('exchanged_tokens')
export class ExchangedToken {
  /**
   * SHA-256 of whose it is and what was signed. Not of the whole token: to many signatures there is another that is as good (of ES256 to
   * each), and with it a token whose session was revoked would be a new one.
   */
  @PrimaryColumn('bytea', { name: 'statement_hash', primaryKeyConstraintName: 'exchanged_tokens_pkey' })
  statementHash: Buffer;

  /** SHA-256 of the whole token: who shows the very same has what was checked once, however old it is. */
  @Column('bytea', { name: 'token_hash' })
  tokenHash: Buffer;

  @ManyToOne(() => Session, { onDelete: 'SET NULL', nullable: true })
  @JoinColumn({ name: 'session_id', foreignKeyConstraintName: 'exchanged_tokens_session_id_fkey' })
  session?: Session | null;

  @Index('exchanged_tokens_session_id_idx')
  @Column('uuid', { name: 'session_id', nullable: true })
  sessionId: string | null;

  /** Of the JWT. */
  @Index('exchanged_tokens_expires_at_idx', { where: 'session_id IS NULL' })
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt: Date;
}
