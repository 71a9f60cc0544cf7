import { Inject, Injectable } from '@nestjs/common';
import { IssuerJwts, type JwtCheck, type VerifiedJwt } from '../auth/exchange/issuer-jwts';
import type { TrustedIssuer } from '../auth/exchange/trusted-issuer';
import { isPrivateHost } from '../platform/outbound/public-network';
import { crossmintSettings, type CrossmintSettings } from './crossmint.settings';

/** Crossmint as the issuer of its users' JWTs. */
@Injectable()
export class CrossmintIssuer implements JwtCheck {
  readonly issuer: TrustedIssuer;
  private readonly check: JwtCheck;

  constructor(jwts: IssuerJwts, @Inject(crossmintSettings.token) settings: CrossmintSettings) {
    const { baseUrl, projectId, issuer } = settings;
    this.issuer = {
      title: 'Crossmint',
      // Where its keys come from, because what it calls itself is looked at only where that is known.
      issuer: baseUrl,
      iss: issuer ?? null,
      audiences: projectId === undefined ? [] : [projectId],
      jwksUrl: `${baseUrl}/.well-known/jwks.json`,
      allowPrivate: isPrivateHost(new URL(baseUrl).hostname),
    };
    this.check = jwts.checkOf(this.issuer);
  }

  verify(jwt: string): Promise<VerifiedJwt> {
    return this.check.verify(jwt);
  }
}
