import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ProofStrategy } from '../auth/proof.strategy';
import type { Proof } from '../auth/sign-in-method';
import { parseBody } from '../platform/http/body.pipe';
import { clientOf } from '../platform/http/client';
import { PinLoginBody } from './pin.dto';
import { PinService } from './pin.service';

export const PIN_STRATEGY = 'pin';

@Injectable()
export class PinStrategy extends PassportStrategy(ProofStrategy, PIN_STRATEGY) {
  constructor(private readonly pins: PinService) {
    super();
  }

  /** Guards run before pipes, so the strategy validates its own body. */
  async validate(request: FastifyRequest): Promise<Proof> {
    const { name, pin } = await parseBody(PinLoginBody, request.body);
    return this.pins.prove(name, pin, clientOf(request));
  }
}
