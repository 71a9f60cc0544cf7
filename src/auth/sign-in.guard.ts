import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { MethodName } from '../sessions/method-name';
import { ProofGuard } from './proof.guard';
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
    return (await new (ProofGuard(strategy))().canActivate(context)) as boolean;
  }
}
