import { Injectable } from '@nestjs/common';
import { InvalidCredentials } from '../auth/auth.errors';
import type { Proof } from '../auth/sign-in-method';
import { SignInService } from '../auth/sign-in.service';
import type { SignedIn } from '../auth/signed-in';
import type { Client } from '../platform/http/client';
import { InvalidMagicLink } from './magic-link.errors';

/** From a proof by mail to a session, for the API and for the page. */
@Injectable()
export class MagicLinkSignIn {
  constructor(private readonly gate: SignInService) {}

  /** @throws InvalidMagicLink also when the account was disabled or changed just now */
  open(proof: Proof, client: Client): Promise<SignedIn> {
    const how = { method: 'magic-link', contract: 'wire', client } as const;
    return this.gate.open(proof, how).catch((error: unknown) => {
      throw error instanceof InvalidCredentials ? new InvalidMagicLink() : error;
    });
  }
}
