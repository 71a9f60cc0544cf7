import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

/** The five families of clients. A session remembers the one that opened it. */
export type ContractName = 'wire' | 'pin' | 'managed' | 'wallet' | 'crossmint';

/** Where the OpenAPI document finds the contract of a route. */
export const CONTRACT = 'x-contract';

/**
 * Names the contract of a route. It stands in the route's configuration, not in the handler's metadata,
 * so that it is known before a handler is: for a body that can't be parsed, say. Without it: wire.
 */
export const InContract = (contract: ContractName): MethodDecorator =>
  applyDecorators(RouteConfig({ contract }), ApiExtension(CONTRACT, contract));

/** The contract in which a request is answered; one that was chosen by its body or cookies goes first. */
export function contractOf(request: FastifyRequest): ContractName {
  const { contract } = request.routeOptions.config as { contract?: ContractName };
  return request.contract ?? contract ?? 'wire';
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set where a path belongs to several contracts and the request itself tells which. */
    contract?: ContractName;
  }
}
