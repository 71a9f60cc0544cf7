import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { AccountLinking } from '../auth/linking/account-linking';
import { ProofStrategy } from '../auth/proof.strategy';
import type { Proof } from '../auth/sign-in-method';
import { clientOf } from '../platform/http/client';
import { WalletProofs } from './wallet-proofs';

export const WALLET_STRATEGY = 'wallet';

@Injectable()
export class WalletStrategy extends PassportStrategy(ProofStrategy, WALLET_STRATEGY) {
  constructor(
    private readonly proofs: WalletProofs,
    private readonly linking: AccountLinking,
  ) {
    super();
  }

  /** A payload and its signature; a wallet that is nobody's yet gets an account. */
  async validate(request: FastifyRequest): Promise<Proof> {
    const client = clientOf(request);
    const { identity, longest } = await this.proofs.prove(request.body, client);
    return { ...(await this.linking.proofOf(identity, client)), longest };
  }
}
