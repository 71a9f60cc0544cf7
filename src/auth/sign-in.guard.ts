import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { InvalidCredentials } from './auth.errors';
import type { MethodName } from '../sessions/method-name';
import type { Proof } from './sign-in-method';
import { SignInRegistry } from './sign-in-registry';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the strategy yielded, and which method it belongs to. */
    proof?: Proof;
    signInMethod?: MethodName;
  }
}

/** Guards `POST /auth/login`: chooses the method by the body, then lets its strategy, and no other, prove it. */
@Injectable()
export class SignInGuard implements CanActivate {
  constructor(private readonly registry: SignInRegistry) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { name, strategy, login } = this.registry.chooseFor('login', request.body);
    request.contract = login.contract;
    request.signInMethod = name;
    return (await new (proofGuard(strategy))().canActivate(context)) as boolean;
  }
}

const proofGuard = (strategy: string) =>
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
