import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ProofStrategy } from '../auth/proof.strategy';
import type { Proof } from '../auth/sign-in-method';
import { parseBody } from '../platform/http/body.pipe';
import { clientOf } from '../platform/http/client';
import { hasField } from '../platform/http/contract-name';
import { ByCodeBody, ByTokenBody } from './magic-link.dto';
import { MagicLinkService } from './magic-link.service';

export const MAGIC_LINK_STRATEGY = 'magic-link';

@Injectable()
export class MagicLinkStrategy extends PassportStrategy(ProofStrategy, MAGIC_LINK_STRATEGY) {
  constructor(private readonly links: MagicLinkService) {
    super();
  }

  /** A token, or an email and the code that was mailed to it. */
  async validate(request: FastifyRequest): Promise<Proof> {
    const client = clientOf(request);
    const hasCode = hasField(request, 'code') || hasField(request, 'email');
    if (hasCode && !hasField(request, 'token')) {
      const { email, code } = await parseBody(ByCodeBody, request.body);
      return this.links.proveByCode(email, code, client);
    }
    const { token } = await parseBody(ByTokenBody, request.body);
    return this.links.proveByToken(token, client);
  }
}
