import {
  createParamDecorator,
  SetMetadata,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ContractName } from './contract-name';

/** Who is calling, and by which session. Read afresh from the database for each request. */
export interface Principal {
  readonly user: {
    readonly id: string;
    readonly email: string | null;
    readonly name: string | null;
    readonly createdAt: Date;
  };
  readonly session: {
    readonly id: string;
    readonly method: string;
    readonly contract: ContractName;
    readonly createdAt: Date;
    readonly expiresAt: Date;
  };
}

/** The caller of a route that is not `@Public()`. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { user } = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
  return user;
});

export const PUBLIC = 'public';

/** Opens a route to callers without a session. Every other route asks for one. */
export const Public = (): CustomDecorator => SetMetadata(PUBLIC, true);
