import { AuthGuard } from '@nestjs/passport';
import { InvalidCredentials } from './auth.errors';

/** Lets one strategy prove who someone is; what it yields stands in the request as `proof`. */
export const ProofGuard = (strategy: string) =>
  class extends AuthGuard(strategy) {
    constructor() {
      super({ property: 'proof' });
    }

    override handleRequest<P>(error: Error | null, proof: P | false | null): P {
      if (error) throw error;
      if (!proof) throw new InvalidCredentials();
      return proof;
    }
  };
