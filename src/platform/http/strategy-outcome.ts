import type { Strategy } from 'passport';

/** What a strategy yields, or what kept it from that. */
export type Outcome<T> = { readonly user: T } | { readonly user: null; readonly info: unknown };

/**
 * Runs a Passport strategy on something that is no request, as Passport itself does for each request: by an object on top
 * of the strategy that takes its outcome.
 * @throws whatever the strategy reports as an error
 */
export function outcomeOf<T>(strategy: Strategy, request: object): Promise<Outcome<T>> {
  return new Promise((resolve, reject) => {
    const outcome = {
      success: (user: T) => resolve({ user }),
      fail: (info: unknown) => resolve({ user: null, info }),
      error: reject,
    };
    const run = Object.assign(Object.create(strategy) as object, outcome);
    (run as unknown as { authenticate(request: object): void }).authenticate(request);
  });
}
