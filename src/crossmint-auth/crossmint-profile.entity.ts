import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity';

export const WALLET_STATUSES = ['none', 'pending', 'active', 'failed'] as const;
/** Of onboarding. */
export const LAST_STEP = 3;
export type WalletStatus = (typeof WALLET_STATUSES)[number];

/** What clients of Crossmint keep here of a user. Nothing in it opens anything. */
@Entity('crossmint_profiles')
export class CrossmintProfile {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'crossmint_profiles_pkey' })
  userId: string;

  @OneToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'crossmint_profiles_user_id_fkey' })
  user?: User;

  /** To be shown, never to be searched for or written to: the client may have named it. */
  @Column('text', { nullable: true })
  email: string | null;

  /** Whether the issuer has named it; then what a client names does not replace it. */
  @Column('boolean', { name: 'email_named', default: false })
  emailNamed: boolean;

  @Column('text', { name: 'wallet_status', default: 'none' })
  walletStatus: WalletStatus;

  /** On Sui. */
  @Column('text', { name: 'wallet_address', nullable: true })
  walletAddress: string | null;

  /** First, of those tries that have not ended. */
  @Column({ type: 'timestamptz', name: 'wallet_tried_at', precision: 3, nullable: true })
  walletTriedAt: Date | null;

  @Column('smallint', { name: 'onboarding_step', default: 0 })
  onboardingStep: number;

  /** As its client says: nobody has proven it. */
  @Column('text', { name: 'evm_address', nullable: true })
  evmAddress: string | null;
}
