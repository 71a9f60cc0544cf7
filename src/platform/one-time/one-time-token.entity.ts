import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * What was mailed, or handed out, to be used once. Its row goes when it is used. Of one purpose each subject has one at
 * most: a newer one takes the row of the older.
 */
@Entity('one_time_tokens')
@Unique('one_time_tokens_purpose_subject_key', ['purpose', 'subject'])
export class OneTimeToken {
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'one_time_tokens_pkey' })
  tokenHash: Buffer;

  @Column('text')
  purpose: string;

  /** Whom it is for, such as an email address. Several without one don't disturb each other. */
  @Column('text', { nullable: true })
  subject: string | null;

  /** What its issuer wants to know again when it comes back. No secrets. */
  @Column('jsonb')
  payload: Record<string, unknown>;

  /** From where it was asked for. */
  @Column('text', { nullable: true })
  ip: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  @Index('one_time_tokens_expires_at_idx')
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt: Date;

  /** Of the code that may be typed in place of the token. */
  @Column('bytea', { name: 'code_hash', nullable: true })
  codeHash: Buffer | null;

  @Column({ type: 'timestamptz', name: 'code_expires_at', precision: 3, nullable: true })
  codeExpiresAt: Date | null;

  @Column('integer', { name: 'code_tries', default: 0 })
  codeTries: number;
}
