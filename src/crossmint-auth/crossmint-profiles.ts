import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Principal } from '../platform/http/principal';
import { CallerFacts } from '../sessions/caller-facts';
import { InvalidToken } from '../sessions/session.errors';
import { CrossmintProfile } from './crossmint-profile.entity';
import type { ProfileBody, ProfileView } from './crossmint.dto';
import { NothingToChange, StepOutOfOrder } from './crossmint.errors';

/** What is known of a user's address: the issuer's word goes before the client's. */
export interface KnownEmail {
  readonly email: string | null;
  /** Whether the issuer has named it. */
  readonly named: boolean;
}

/** Nothing of a user who is deleted meanwhile. Values: user, email, whether the issuer has named it. */
const NOTE = `
  INSERT INTO crossmint_profiles AS p (user_id, email, email_named)
  SELECT id, $2::text, $3::boolean FROM users WHERE id = $1
  ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, email_named = excluded.email_named
    WHERE excluded.email IS NOT NULL AND (excluded.email_named OR NOT p.email_named)
      AND (p.email, p.email_named) IS DISTINCT FROM (excluded.email, excluded.email_named)`;
/** Of parallel changes each goes one step on from what it finds. Values: user, step, EVM address. */
const CHANGE = `
  UPDATE crossmint_profiles SET onboarding_step = coalesce($2, onboarding_step), evm_address = coalesce($3, evm_address)
   WHERE user_id = $1 AND ($2::smallint IS NULL OR onboarding_step IN ($2, $2 - 1))
  RETURNING user_id`;

type Profile = Omit<CrossmintProfile, 'userId' | 'user' | 'walletTriedAt'>;

const PROFILE = 'crossmintProfile';
const OF_CALLER = `(
  SELECT jsonb_build_object('email', p.email, 'emailNamed', p.email_named, 'walletStatus', p.wallet_status,
           'walletAddress', p.wallet_address, 'onboardingStep', p.onboarding_step, 'evmAddress', p.evm_address)
    FROM crossmint_profiles p WHERE p.user_id = s.user_id)`;

const EMPTY: Profile = {
  email: null,
  emailNamed: false,
  walletStatus: 'none',
  walletAddress: null,
  onboardingStep: 0,
  evmAddress: null,
};

/** What clients of Crossmint keep here of users. A user of another way in has one too, with nothing in it. */
@Injectable()
export class CrossmintProfiles {
  constructor(
    private readonly database: DataSource,
    facts: CallerFacts,
  ) {
    facts.add(PROFILE, OF_CALLER);
  }

  /** As it was when the caller was read. */
  view({ user, facts }: Principal): ProfileView {
    return viewOf(user, facts[PROFILE] as Profile | null);
  }

  /** To be called at each exchange. */
  async note(userId: string, { email, named }: KnownEmail, transaction: EntityManager): Promise<void> {
    await transaction.query(NOTE, [userId, email, named]);
  }

  /**
   * All that is asked for, or nothing.
   * @throws ValidationFailed when nothing is asked for
   * @throws StepOutOfOrder
   * @throws InvalidToken when the user is deleted meanwhile
   */
  async change({ user }: Principal, { onboardingStep, evmAddress }: ProfileBody): Promise<ProfileView> {
    if (onboardingStep === undefined && evmAddress === undefined) throw new NothingToChange();
    return this.database.transaction(async (transaction) => {
      await this.note(user.id, { email: null, named: false }, transaction);
      const values = [user.id, onboardingStep ?? null, evmAddress ?? null];
      const [changed] = await transaction.query<[unknown[], number]>(CHANGE, values);
      const profile = await transaction.findOneBy(CrossmintProfile, { userId: user.id });
      if (changed.length > 0) return viewOf(user, profile);
      throw profile ? new StepOutOfOrder(profile.onboardingStep) : new InvalidToken();
    });
  }
}

/** What a client has named is shown only where nobody knows better. */
function viewOf(user: Principal['user'], found: Profile | null): ProfileView {
  const { email, emailNamed, walletAddress, walletStatus, onboardingStep, evmAddress } = found ?? EMPTY;
  return {
    userId: user.id,
    email: (emailNamed ? email : null) ?? user.email ?? email,
    walletAddress,
    walletStatus,
    onboardingStep,
    evmAddress,
  };
}
