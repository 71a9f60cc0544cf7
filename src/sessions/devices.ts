import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import { Statement } from '../platform/database/statement';
import { deviceKind } from './device';

/** How an owner is told of a sign-in from a new device. */
export interface NewDeviceNotice {
  /** Asked before anything is written: may a mail be sent? */
  readonly mayTell: () => Promise<boolean>;
  /** Writes it, with the session that it tells of. */
  readonly tell: (transaction: EntityManager) => Promise<void>;
}

interface Who {
  readonly userId: string;
  readonly client: Client;
}

/** Values: user, kind. */
const findDevice = new Statement<{ known: boolean; others: boolean }>(
  'find_device',
  `SELECT EXISTS (SELECT FROM devices WHERE user_id = $1 AND kind = $2) AS known,
          EXISTS (SELECT FROM devices WHERE user_id = $1) AS others`,
);

/** The kinds of devices that people sign in from. */
@Injectable()
export class Devices {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * Runs the work that opens a session: from a known device as it is, else in a transaction in which the device is
   * remembered and, unless it is the user's first, the owner is told. Of parallel sign-ins from one new device one tells.
   * @param open what it opened has an id, or it opened nothing
   */
  async around<R extends { readonly id: string | null }>(
    { userId, client }: Who,
    notice: NewDeviceNotice,
    open: (transaction?: EntityManager) => Promise<R | undefined>,
  ): Promise<R | undefined> {
    const kind = deviceKind(client);
    const [device] = await findDevice.run(this.database, [userId, kind]);
    if (device?.known) return open();
    const tell = device?.others === true && (await notice.mayTell());
    return this.database.transaction(async (transaction) => {
      const opened = await open(transaction);
      if (opened?.id && (await this.remember(userId, kind, transaction)) && tell) {
        await notice.tell(transaction);
      }
      return opened;
    });
  }

  /** @returns whether it was new */
  private async remember(userId: string, kind: string, transaction: EntityManager): Promise<boolean> {
    const added = await transaction.query<unknown[]>(
      `INSERT INTO devices (user_id, kind, first_seen_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING kind`,
      [userId, kind, this.clock.now()],
    );
    return added.length > 0;
  }
}
