import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ProofStrategy } from '../auth/proof.strategy';
import type { Proof } from '../auth/sign-in-method';
import { parseBody } from '../platform/http/body.pipe';
import { clientOf } from '../platform/http/client';
import { LoginBody } from './password.dto';
import { PasswordService } from './password.service';

export const PASSWORD_STRATEGY = 'password';

@Injectable()
export class PasswordStrategy extends PassportStrategy(ProofStrategy, PASSWORD_STRATEGY) {
  constructor(private readonly passwords: PasswordService) {
    super();
  }

  /** Guards run before pipes, so the strategy validates its own body. */
  async validate(request: FastifyRequest): Promise<Proof> {
    const { email, password } = await parseBody(LoginBody, request.body);
    return this.passwords.prove(email, password, clientOf(request));
  }
}
