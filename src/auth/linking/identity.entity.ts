import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { MethodName } from '../../sessions/method-name';
import { User } from '../../users/user.entity';

/**
 * Who a user is elsewhere: the subject of an issuer. By these two alone people are known again: an email changes hands,
 * and a provider's name may come to stand for another server (OpenID Connect Core, 5.7).
 */
@Entity('identities')
@Index('identities_issuer_subject_key', ['issuer', 'subject'], { unique: true, where: 'unlinked_at IS NULL' })
export class Identity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'identities_pkey' })
  id: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'identities_user_id_fkey' })
  user?: User;

  @Index('identities_user_id_idx')
  @Column('uuid', { name: 'user_id' })
  userId: string;

  /** By which it came here. */
  @Column('text')
  method: MethodName;

  @Column('text')
  issuer: string;

  @Column('text')
  subject: string;

  /** The address that the issuer vouched for last; to be shown, never to be searched for. */
  @Column('text', { nullable: true })
  email: string | null;

  /** What the person was called there when it was linked, so that several can be told apart. */
  @Column('text', { name: 'known_as', nullable: true })
  knownAs: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /**
   * Set once its owner has unlinked it: then it is nobody's, and does not come back to that account by its address. The row
   * stays theirs, whoever links the identity since: who unlinks an account that was stolen elsewhere means it.
   */
  @Column({ type: 'timestamptz', name: 'unlinked_at', precision: 3, nullable: true })
  unlinkedAt: Date | null;
}
