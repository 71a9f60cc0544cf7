import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ValidationFailed } from '../platform/http/api-error';
import { CrossmintProfile } from './crossmint-profile.entity';
import type { ProfileBody, ProfileView } from './crossmint.dto';
import { StepOutOfOrder } from './crossmint.errors';

/** What is known of a user's address: the issuer's word goes before the client's. */
export interface KnownEmail {
  readonly email: string | null;
  /** Whether the issuer has named it. */
  readonly named: boolean;
}

/** Values: user, email, whether the issuer has named it. */
const NOTE = `
  INSERT INTO crossmint_profiles AS p (user_id, email, email_named) VALUES ($1, $2, $3)
  ON CONFLICT (user_id) DO UPDATE SET email = $2, email_named = $3
    WHERE $2::text IS NOT NULL AND ($3 OR NOT p.email_named) AND (p.email, p.email_named) IS DISTINCT FROM ($2, $3)`;
const TOUCH = 'INSERT INTO crossmint_profiles (user_id) VALUES ($1) ON CONFLICT DO NOTHING';
/** Of parallel changes each goes one step on from what it finds. Values: user, step, EVM address. */
const CHANGE = `
  UPDATE crossmint_profiles SET onboarding_step = coalesce($2, onboarding_step), evm_address = coalesce($3, evm_address)
   WHERE user_id = $1 AND ($2::smallint IS NULL OR onboarding_step IN ($2, $2 - 1))
  RETURNING user_id`;

/** What clients of Crossmint keep here of users. A user of another way in has one too, with nothing in it. */
@Injectable()
export class CrossmintProfiles {
  constructor(private readonly database: DataSource) {}

  /** Of a user who is signed in. */
  async view(user: { readonly id: string; readonly email: string | null }): Promise<ProfileView> {
    const profile = await this.database.manager.findOneBy(CrossmintProfile, { userId: user.id });
    return {
      userId: user.id,
      email: profile?.email ?? user.email,
      walletAddress: profile?.walletAddress ?? null,
      walletStatus: profile?.walletStatus ?? 'none',
      onboardingStep: profile?.onboardingStep ?? 0,
      evmAddress: profile?.evmAddress ?? null,
    };
  }

  /** To be called at each exchange. */
  async note(userId: string, { email, named }: KnownEmail, transaction: EntityManager): Promise<void> {
    await transaction.query(NOTE, [userId, email, named]);
  }

  /**
   * All that is asked for, or nothing.
   * @throws ValidationFailed when nothing is asked for
   * @throws StepOutOfOrder
   */
  async change(userId: string, { onboardingStep, evmAddress }: ProfileBody): Promise<void> {
    if (onboardingStep === undefined && evmAddress === undefined) throw new NothingToChange();
    await this.database.query(TOUCH, [userId]);
    const values = [userId, onboardingStep ?? null, evmAddress ?? null];
    const [changed] = await this.database.query<[unknown[], number]>(CHANGE, values);
    if (changed.length > 0) return;
    const profile = await this.database.manager.findOneBy(CrossmintProfile, { userId });
    throw new StepOutOfOrder(profile?.onboardingStep ?? 0);
  }
}

export class NothingToChange extends ValidationFailed {
  constructor() {
    super(
      ['onboardingStep', 'evmAddress'].map((field) => ({ field, message: `${field} is missing` })),
      'Send onboardingStep or evmAddress',
    );
  }
}
