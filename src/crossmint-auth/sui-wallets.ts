import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Clock } from '../platform/clock/clock';
import { Jobs } from '../platform/jobs/jobs';
import { CrossmintApi } from './crossmint-api';
import { CrossmintProfile, type WalletStatus } from './crossmint-profile.entity';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';

const JOB = 'create-sui-wallet';
/** An issuer that takes longer to come back needs a person, in ms. */
const GIVEN_UP_AFTER = 10 * 60_000;

interface Wanted {
  readonly userId: string;
  /** Whose it is at Crossmint. */
  readonly subject: string;
  /** In ms since 1970. */
  readonly since: number;
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
    jobs.define<Wanted>(JOB, (wanted) => this.create(wanted), { atOnce: 2 });
  }

  /** Begins where it has not begun yet. */
  async begin(userId: string, subject: string, transaction: EntityManager): Promise<void> {
    if (this.settings.serverApiKey === undefined) return;
    const none = { userId, walletStatus: 'none' as WalletStatus };
    const { affected } = await transaction.update(CrossmintProfile, none, { walletStatus: 'pending' });
    if (affected !== 1) return;
    const wanted: Wanted = { userId, subject, since: this.clock.now().getTime() };
    await this.jobs.add(JOB, wanted, transaction);
  }

  /** @throws Error for the queue to try again */
  private async create({ userId, subject, since }: Wanted): Promise<void> {
    const asked = await this.api.createWallet(subject, userId);
    if (asked.outcome === 'accepted') {
      return this.settle(userId, { walletStatus: 'active', walletAddress: asked.answer });
    }
    const late = this.clock.now().getTime() - since >= GIVEN_UP_AFTER;
    if (asked.outcome === 'unavailable' && !late) throw new Error(asked.reason);
    this.logger.error(`The wallet of user ${userId} could not be created: Crossmint ${asked.reason}`);
    await this.settle(userId, { walletStatus: 'failed' });
  }

  private async settle(
    userId: string,
    outcome: Partial<Pick<CrossmintProfile, 'walletStatus' | 'walletAddress'>>,
  ): Promise<void> {
    await this.database.manager.update(CrossmintProfile, { userId, walletStatus: 'pending' }, outcome);
  }
}
