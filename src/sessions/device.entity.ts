import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity';

/** A kind of device that a user has signed in from. */
@Entity('devices')
export class Device {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'devices_pkey' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'devices_user_id_fkey' })
  user?: User;

  /** As `deviceKind` gives it. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'devices_pkey' })
  kind: string;

  @Column({ type: 'timestamptz', name: 'first_seen_at', precision: 3 })
  firstSeenAt: Date;

  /** Whether its owner was told of it by mail. */
  @Column('boolean')
  told: boolean;
}
