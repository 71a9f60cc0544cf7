import passport from 'passport';
import type { ExternalIdentity } from '../auth/linking/external-identity';
import type { Flow } from './flow';
import { SignInFailed } from './oauth.errors';

/** All that a strategy sees of a request. Without a query it begins, and with one it ends a sign-in. */
export interface StrategyRequest {
  readonly flow: Flow;
  readonly query?: Readonly<Record<string, string>>;
}

interface Middleware {
  (request: StrategyRequest, response: object, next: (error: unknown) => void): void;
}

/**
 * Runs a Passport strategy once. Not by a guard: this one answers by a redirect of its own, which Passport writes in
 * Express's way, and for which Nest's guard would wait for ever.
 * @returns where it sends the browser, or who somebody is
 * @throws whatever it fails with
 */
export function runStrategy(name: string, request: StrategyRequest): Promise<string | ExternalIdentity> {
  return new Promise((resolve, reject) => {
    let location = '';
    const response = {
      setHeader: (header: string, value: string) => void (header === 'Location' && (location = value)),
      end: () => resolve(location),
    };
    const ended = (error: Error | null, identity: unknown) => {
      if (error) reject(error);
      else if (identity) resolve(identity as ExternalIdentity);
      else reject(new SignInFailed('provider_error', 'the strategy refused'));
    };
    const run = passport.authenticate(name, { session: false }, ended) as Middleware;
    run(request, response, reject);
  });
}
