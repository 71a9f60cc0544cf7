import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What came of offering a refresh token to Crossmint: kept for seconds, for all who offer the same one meanwhile. */
@Entity('crossmint_refreshes')
export class CrossmintRefresh {
  /** SHA-256 of the refresh token. */
  @PrimaryColumn('bytea', { name: 'secret_hash', primaryKeyConstraintName: 'crossmint_refreshes_pkey' })
  secretHash: Buffer;

  @Column('text')
  state: 'asking' | 'accepted' | 'refused' | 'unavailable';

  /** Sealed under the refresh token, of which there is only the hash here: the database can't open it. */
  @Column('bytea', { nullable: true })
  answer: Buffer | null;

  @Column({ type: 'timestamptz', name: 'claimed_at', precision: 3 })
  claimedAt: Date;

  /** Until then nobody else asks. */
  @Column({ type: 'timestamptz', name: 'holds_until', precision: 3 })
  holdsUntil: Date;
}
