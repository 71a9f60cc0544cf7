import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity';

/** A user's password, as its hash. Users who sign in by other ways have none. */
@Entity('passwords')
export class Password {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'passwords_pkey' })
  userId: string;

  @OneToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'passwords_user_id_fkey' })
  user?: User;

  @Column('text')
  hash: string;

  @Column({ type: 'timestamptz', name: 'changed_at', precision: 3 })
  changedAt: Date;
}
