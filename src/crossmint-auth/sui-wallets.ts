import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { Jobs } from '../platform/jobs/jobs';
import { CrossmintApi } from './crossmint-api';
import { CrossmintProfile, type WalletStatus } from './crossmint-profile.entity';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';

const JOB = 'create-sui-wallet';
/** Counted from the first try: an issuer that takes longer to come back needs a person. In ms. */
const GIVEN_UP_AFTER = 10 * 60_000;

interface Wanted {
  readonly userId: string;
  /** Whose it is at Crossmint. */
  readonly subject: string;
}

/**
 * Has Crossmint create a Sui wallet for each of its users, in the background. There is never a second one: one statement
 * decides who begins, the queue keeps the job through everything, and each try bears the same idempotency key.
 */
@Injectable()
export class SuiWallets {
  private readonly logger = new Logger('Crossmint');

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly api: CrossmintApi,
    @Inject(crossmintSettings.token) private readonly settings: CrossmintSettings,
  ) {
    jobs.define<Wanted>(JOB, (wanted) => this.create(wanted), { atOnce: 4 });
  }

  /**
   * Begins where it has not begun yet.
   * @param again also where it has failed
   */
  async begin({ userId, subject }: Wanted, again: boolean, transaction: EntityManager): Promise<void> {
    if (this.settings.serverApiKey === undefined) return;
    const idle: WalletStatus[] = again ? ['none', 'failed'] : ['none'];
    const begun = { walletStatus: 'pending', walletTriedAt: null } as const;
    const { affected } = await transaction.update(
      CrossmintProfile,
      { userId, walletStatus: In(idle) },
      begun,
    );
    if (affected === 1) await this.jobs.add<Wanted>(JOB, { userId, subject }, transaction);
  }

  /** @throws Error for the queue to try again */
  private async create({ userId, subject }: Wanted): Promise<void> {
    const since = await this.firstTried(userId);
    if (since === null) return;
    const asked = await this.api.createWallet(subject, userId);
    if (asked.outcome === 'accepted') {
      return this.settle(userId, { walletStatus: 'active', walletAddress: asked.answer });
    }
    const late = this.clock.now().getTime() - since.getTime() >= GIVEN_UP_AFTER;
    if (asked.outcome === 'unavailable' && !late) throw new Error(asked.reason);
    this.logger.error(`The wallet of user ${userId} could not be created: Crossmint ${asked.reason}`);
    await this.settle(userId, { walletStatus: 'failed' });
  }

  /** Null for who is gone, or has one. */
  private async firstTried(userId: string): Promise<Date | null> {
    const [[row]] = await this.database.query<[{ since: Date }[], number]>(
      `UPDATE crossmint_profiles SET wallet_tried_at = coalesce(wallet_tried_at, $2)
        WHERE user_id = $1 AND wallet_status = 'pending' RETURNING wallet_tried_at AS since`,
      [userId, this.clock.now()],
    );
    return row?.since ?? null;
  }

  private async settle(
    userId: string,
    outcome: Partial<Pick<CrossmintProfile, 'walletStatus' | 'walletAddress'>>,
  ): Promise<void> {
    await this.database.manager.update(CrossmintProfile, { userId, walletStatus: 'pending' }, outcome);
  }
}
