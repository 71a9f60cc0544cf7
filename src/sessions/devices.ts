import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import type { Client } from '../platform/http/client';
import { Statement } from '../platform/database/statement';
import { mailSettings, type MailSettings } from '../platform/mail/mail.settings';
import { deviceKind } from './device';
import { Device } from './device.entity';

/** Tells the owner of a sign-in from a new device, in the transaction that opens the session. */
export type NewDeviceNotice = (transaction: EntityManager) => Promise<void>;

interface Who {
  readonly userId: string;
  readonly client: Client;
}

/** Values: user, kind. */
const findDevice = new Statement<{ kind: string }>(
  'find_device',
  'SELECT kind FROM devices WHERE user_id = $1 AND kind = $2',
);

/**
 * Of parallel sign-ins from one device one gets a row. The first device of a user is not told of, nor more within the
 * window than mails of one kind may go to one person. Values: user, kind, now, window in ms, most.
 */
const REMEMBER = `
  INSERT INTO devices (user_id, kind, first_seen_at, told)
  SELECT $1::uuid, $2::text, $3::timestamptz,
         count(*) > 0 AND count(*) FILTER (WHERE told AND first_seen_at > $3::timestamptz - $4 * interval '1 ms') < $5
    FROM devices WHERE user_id = $1::uuid
  ON CONFLICT DO NOTHING RETURNING told`;
/** One after the other, so that each counts those before it. */
const TURN = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 1))';

/** The kinds of devices that people sign in from. */
@Injectable()
export class Devices {
  private readonly limit: MailSettings['toOne'];

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    @Inject(mailSettings.token) { toOne }: MailSettings,
  ) {
    this.limit = toOne;
  }

  /**
   * Runs the work that opens a session: from a known device as it is, else in a transaction in which the device is
   * remembered and, unless it is the user's first, the owner is told. Of parallel sign-ins from one new device one tells.
   * @param open what it opened has an id, or it opened nothing
   */
  async around<R extends { readonly id: string | null }>(
    { userId, client }: Who,
    tell: NewDeviceNotice,
    open: (transaction?: EntityManager) => Promise<R | undefined>,
  ): Promise<R | undefined> {
    const kind = deviceKind(client);
    const [known] = await findDevice.run(this.database, [userId, kind]);
    if (known) return open();
    return this.database.transaction(async (transaction) => {
      const opened = await open(transaction);
      if (opened?.id && (await this.remember(userId, kind, transaction))) await tell(transaction);
      return opened;
    });
  }

  /** Within the caller's transaction: the next sign-in is the first again. */
  async forget(userId: string, transaction: EntityManager): Promise<void> {
    await transaction.delete(Device, { userId });
  }

  /** @returns whether it is to be told of */
  private async remember(userId: string, kind: string, transaction: EntityManager): Promise<boolean> {
    await transaction.query(TURN, [userId]);
    const { most, window } = this.limit;
    const values = [userId, kind, this.clock.now(), window, most];
    const [added] = await transaction.query<{ told: boolean }[]>(REMEMBER, values);
    return added?.told === true;
  }
}
