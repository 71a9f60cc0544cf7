import { LARGEST_COOKIE_VALUE } from '../auth/contracts/crossmint.contract';
import { ApiError, ValidationFailed } from '../platform/http/api-error';
import { LAST_STEP } from './crossmint-profile.entity';

/** Said to who has a JWT that is good: nobody has an account by it. */
export class UserNotFound extends ApiError {
  readonly code = 'USER_NOT_FOUND';
  readonly status = 404;

  constructor() {
    super('Nobody here has an account by this identity');
  }
}

export class StepOutOfOrder extends ApiError {
  readonly code = 'STEP_OUT_OF_ORDER';
  readonly status = 409;

  /** @param step the one that the profile is at */
  constructor(step: number) {
    super(
      step < LAST_STEP
        ? `onboardingStep moves forward by one at a time: it is ${step}, so the next one is ${step + 1}`
        : `onboardingStep moves forward only, and is at the last one, ${step}`,
    );
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

/** A browser would drop the cookie without a word. */
export class TooLarge extends ValidationFailed {
  constructor() {
    const message = `jwt is larger than a cookie can be: ${LARGEST_COOKIE_VALUE} characters at most`;
    super([{ field: 'jwt', message }]);
  }
}
