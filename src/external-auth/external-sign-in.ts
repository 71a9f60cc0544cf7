import { Inject, Injectable } from '@nestjs/common';
import { ProviderNotConfigured } from '../auth/auth.errors';
import { writeSignedIn, type WireSignedIn } from '../auth/contracts/wire.contract';
import { IssuerJwts, type JwtCheck } from '../auth/exchange/issuer-jwts';
import { TokenExchange } from '../auth/exchange/token-exchange';
import { SignInService } from '../auth/sign-in.service';
import type { Client } from '../platform/http/client';
import { InvalidToken } from '../sessions/session.errors';
import { externalSettings, type ExternalSettings } from './external.settings';

/** From a JWT of a listed issuer to tokens of ours. */
@Injectable()
export class ExternalSignIn {
  private readonly checks: ReadonlyMap<string, JwtCheck>;

  constructor(
    jwts: IssuerJwts,
    private readonly exchange: TokenExchange,
    private readonly gate: SignInService,
    @Inject(externalSettings.token) { issuers }: ExternalSettings,
  ) {
    this.checks = new Map(issuers.map((issuer) => [issuer.name, jwts.checkOf(issuer)]));
  }

  /**
   * @param name of the issuer
   * @throws ProviderNotConfigured when none has that name
   * @throws InvalidToken
   * @throws IssuerUnavailable
   * @throws whatever else an exchange throws
   */
  async signIn(name: string, jwt: string, client: Client): Promise<WireSignedIn> {
    const check = this.checks.get(name);
    if (!check) throw new ProviderNotConfigured('EXTERNAL_ISSUERS');
    const how = { method: 'oidc', contract: 'wire', client, signUp: true } as const;
    const result = await this.exchange.exchange(await check.verify(jwt), check, how);
    if (!result) throw new InvalidToken();
    if ('opened' in result) return writeSignedIn(result.opened.user, result.opened);
    const { joined } = result;
    return writeSignedIn(joined.user, await this.gate.join(joined, 'wire'));
  }
}
