import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

/** The five families of clients. A session remembers the one that opened it. */
export type ContractName = 'wire' | 'pin' | 'managed' | 'wallet' | 'crossmint';

/** A path that several contracts claim, and how a request shows which of them it speaks. */
export interface SharedPath {
  readonly contracts: readonly ContractName[];
  /** The body may be anything, or not there when it could not be parsed. */
  readonly choose: (request: FastifyRequest) => ContractName;
}

/** Where the OpenAPI document finds the contracts of a route. */
export const CONTRACTS = 'x-contracts';

/**
 * Names the contract of a route. It stands in the route's configuration, not in the handler's metadata,
 * so that it is known before a handler is: for a body that can't be parsed, say. Without it: wire.
 */
export const InContract = (contract: ContractName | SharedPath): MethodDecorator =>
  applyDecorators(
    RouteConfig({ contract }),
    ApiExtension(CONTRACTS, typeof contract === 'string' ? [contract] : contract.contracts),
  );

/** The contract in which a request is answered; one that a sign-in method was chosen for goes first. */
export function contractOf(request: FastifyRequest): ContractName {
  const { contract = 'wire' } = request.routeOptions.config as { contract?: ContractName | SharedPath };
  return request.contract ?? (typeof contract === 'string' ? contract : contract.choose(request));
}

/** Set at a route that answers with a page for a person, errors included. */
export interface PageOptions {
  /** Whether the page brings a script of ours. */
  readonly script: boolean;
}

/** A page's options, or undefined for a route that answers with JSON. */
export const pageOf = (request: FastifyRequest): PageOptions | undefined =>
  (request.routeOptions.config as { page?: PageOptions }).page;

/** True for a body that has a field of this name, whatever it holds. */
export const hasField = ({ body }: Pick<FastifyRequest, 'body'>, field: string): boolean =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, field);

declare module 'fastify' {
  interface FastifyRequest {
    /** Set where the sign-in method decides it. */
    contract?: ContractName;
  }
}
