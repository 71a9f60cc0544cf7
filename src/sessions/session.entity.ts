import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../users/user.entity';

/**
 * One sign-in, by whatever method and contract. Tokens of every kind name their session, and this row alone
 * says whether they are still good.
 */
@Entity('sessions')
@Index('sessions_expires_at_id_idx', ['expiresAt', 'id'])
export class Session {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'sessions_pkey' })
  id: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'sessions_user_id_fkey' })
  user?: User;

  @Index('sessions_user_id_idx')
  @Column('uuid', { name: 'user_id' })
  userId: string;

  @Column('text')
  method: string;

  @Column('text')
  contract: string;

  /** By which of the user's it was opened, where they have several of the method. It may be gone since. */
  @Column('uuid', { name: 'credential_id', nullable: true })
  credentialId: string | null;

  @Column('text', { nullable: true })
  ip: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** When its user last showed who they are, where that was not when it was opened. */
  @Column({ type: 'timestamptz', name: 'authenticated_at', precision: 3, nullable: true })
  authenticatedAt: Date | null;

  @Column({ type: 'timestamptz', name: 'last_seen_at', precision: 3 })
  lastSeenAt: Date;

  /** How long the session may lie idle; kept here because it differs by contract. */
  @Column('bigint', { name: 'idle_ttl_ms' })
  idleTtlMs: string;

  @Column({ type: 'timestamptz', name: 'idle_expires_at', precision: 3 })
  idleExpiresAt: Date;

  /** The absolute end. Nothing moves it. */
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt: Date;

  @Column({ type: 'timestamptz', name: 'revoked_at', precision: 3, nullable: true })
  revokedAt: Date | null;

  @Column('text', { name: 'revoked_reason', nullable: true })
  revokedReason: string | null;
}
