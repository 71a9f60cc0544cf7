import {
  createParamDecorator,
  SetMetadata,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ContractName } from './contract-name';

/** Who is calling, and by which session: as it was when the request came, or as lately as docs/operations.md says. */
export interface Principal {
  /** Of the access token that was shown. */
  readonly token: { readonly issuedAt: Date; readonly expiresAt: Date };
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
    /** By which of the user's it was opened, where they have several of the method. */
    readonly credentialId: string | null;
    readonly createdAt: Date;
    /** When its user showed who they are. */
    readonly authenticatedAt: Date;
    readonly expiresAt: Date;
  };
  /** What methods want to know of callers, by the names that they have given; as JSON can say it. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The caller of a route that is not `@Public()`; undefined for nobody, where `@MayBeNobody()` lets them in. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { user } = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
  return user;
});

export const PUBLIC = 'public';
export const MAY_BE_NOBODY = 'may be nobody';

/** Opens a route to callers without a session. Every other route asks for one. */
export const Public = (): CustomDecorator => SetMetadata(PUBLIC, true);

/**
 * Lets callers in whose session is not good, or may not be used from where they come: to such a route they are nobody.
 * @param when which requests; all, unless it says otherwise
 */
export const MayBeNobody = (when: (request: FastifyRequest) => boolean = () => true): CustomDecorator =>
  SetMetadata(MAY_BE_NOBODY, when);
