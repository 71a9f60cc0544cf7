import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { Language } from '../platform/language/language';

/** A person. Ways to sign in point here; nothing here knows of them. */
@Entity('users')
@Unique('users_email_key', ['email'])
export class User {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'users_pkey' })
  id: string;

  /** ASCII, in lower case, so that addresses compare without regard to case. */
  @Column('text', { nullable: true })
  email: string | null;

  @Column('text', { nullable: true })
  name: string | null;

  /** In which this person reads, as far as the registration told; null for those from before it was asked. */
  @Column('text', { nullable: true })
  language: Language | null;

  @Column({ type: 'timestamptz', name: 'email_verified_at', precision: 3, nullable: true })
  emailVerifiedAt: Date | null;

  @Column({ type: 'timestamptz', name: 'disabled_at', precision: 3, nullable: true })
  disabledAt: Date | null;

  /**
   * Counts the changes of this user's credentials. A proof is good only for the version that it was made
   * under: a sign-in that began with the old password can't open a session after the change.
   */
  @Column('integer', { name: 'credential_version', default: 1 })
  credentialVersion: number;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;
}
