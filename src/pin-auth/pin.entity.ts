import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, Unique } from 'typeorm';
import { User } from '../users/user.entity';

/** A user's PIN, as its hash, and the name that it is given with. */
@Entity('pins')
@Unique('pins_name_key_key', ['nameKey'])
export class Pin {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'pins_pkey' })
  userId: string;

  @OneToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'pins_user_id_fkey' })
  user?: User;

  /** The name as it is compared: see `nameKey()`. */
  @Column('text', { name: 'name_key' })
  nameKey: string;

  @Column('text')
  hash: string;

  /** Wrong PINs since the last right one, however far apart. At the limit the PIN is off (NIST SP 800-63B-4, 3.2.2). */
  @Column('integer', { name: 'failures_in_a_row', default: 0 })
  failuresInARow: number;

  @Column({ type: 'timestamptz', name: 'changed_at', precision: 3 })
  changedAt: Date;
}
