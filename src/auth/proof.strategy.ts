import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport';
import type { Proof } from './sign-in-method';

type Verify = (request: FastifyRequest, done: (error: Error | null, proof?: Proof | null) => void) => void;

/**
 * The Passport strategy of a method whose proof stands in the request's body. A method extends
 * `PassportStrategy(ProofStrategy, name)`, and its `validate(request)` yields the proof or throws.
 */
export class ProofStrategy extends Strategy {
  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(request: unknown): void {
    this.verify(request as FastifyRequest, (error, proof) => {
      if (error) this.error(error);
      else if (proof) this.success(proof);
      else this.fail(401);
    });
  }
}
