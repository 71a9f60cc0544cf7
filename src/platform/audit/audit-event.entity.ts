import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

export type AuditAction =
  | 'registered'
  | 'imported'
  | 'signed_in'
  | 'sign_in_failed'
  | 'reauthentication_failed'
  | 'secret_locked'
  | 'secret_off'
  | 'address_closed'
  | 'session_revoked'
  | 'credential_changed'
  | 'identity_refused'
  | 'mail_requested'
  | 'email_verified'
  | 'account_disabled'
  | 'account_deleted';

/**
 * What happened to an account: who, when, where, by which session. Rows are only ever added (a trigger says so) and
 * refer to nothing, so they outlive the account. They never hold a secret, nor a name that nobody has: people type
 * passwords into the field for the name.
 */
@Entity('audit_events')
@Index('audit_events_user_id_at_idx', ['userId', 'at'])
export class AuditEvent {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_events_pkey',
  })
  id: string;

  @Index('audit_events_at_idx')
  @Column({ type: 'timestamptz', precision: 3 })
  at: Date;

  @Column('text')
  action: AuditAction;

  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  /** The session that it happened to. */
  @Column('uuid', { name: 'session_id', nullable: true })
  sessionId: string | null;

  @Column('text', { nullable: true })
  ip: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  /** Method, contract, reason, the session that asked for it: what the action needs. */
  @Column('jsonb')
  details: Record<string, unknown>;
}
