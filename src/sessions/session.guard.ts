import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { PUBLIC } from '../platform/http/principal';
import { InvalidToken } from './session.errors';

/** Global: a route without `@Public()` answers only to a live session. */
@Injectable()
export class SessionGuard extends AuthGuard('access-token') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const handlers = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, handlers)) return true;
    return (await super.canActivate(context)) as boolean;
  }

  override handleRequest<Principal>(
    error: Error | null,
    principal: Principal | false,
    info: unknown,
  ): Principal {
    // An error is ours (the database is away, say); what is wrong with the token comes as `info`.
    if (error) throw error;
    if (!principal) throw new InvalidToken({ cause: info });
    return principal;
  }
}
