import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const LONGEST_USER_AGENT = 512;

/** What is known of the device that a request comes from. */
export interface Client {
  readonly ip: string;
  readonly userAgent: string | null;
}

/** `ip` comes from a proxy's header only as TRUST_PROXY says. */
export function clientOf(request: Pick<FastifyRequest, 'ip' | 'headers'>): Client {
  // Header bytes arrive as latin-1; what is no printable ASCII has no place in a list of devices.
  const userAgent = request.headers['user-agent']?.replace(/[^\x20-\x7e]/g, '').slice(0, LONGEST_USER_AGENT);
  return { ip: request.ip, userAgent: userAgent || null };
}

export const FromClient = createParamDecorator((_: unknown, context: ExecutionContext): Client =>
  clientOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
