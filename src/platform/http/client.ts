import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { languageOf, type Language } from '../language/language';
import { plainAddress } from './address';

const LONGEST_USER_AGENT = 512;

/** What is known of the device that a request comes from. */
export interface Client {
  /** As it is usually written: IPv4 also where it came as IPv6. */
  readonly ip: string;
  readonly userAgent: string | null;
  /** In which its person reads. */
  readonly language: Language;
}

/** The address comes from a proxy's header only as TRUST_PROXY says; what a proxy says need not be one. */
export function clientOf(request: Pick<FastifyRequest, 'ip' | 'headers'>): Client {
  // Header bytes arrive as latin-1; what is no printable ASCII has no place in a list of devices.
  const userAgent = request.headers['user-agent']?.replace(/[^\x20-\x7e]/g, '').slice(0, LONGEST_USER_AGENT);
  return {
    ip: plainAddress(request.ip) ?? 'unknown',
    userAgent: userAgent || null,
    language: languageOf(request.headers['accept-language']),
  };
}

export const FromClient = createParamDecorator((_: unknown, context: ExecutionContext): Client =>
  clientOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
