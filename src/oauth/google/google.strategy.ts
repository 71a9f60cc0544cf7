import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-google-oauth20';
import { readIdentity, type ExternalIdentity } from '../../auth/linking/external-identity';
import type { OAuth2Provider } from '../oauth.settings';
import { askFor, objectOf, optionsFor, useSoberTransport } from '../oauth2-strategy';
import type { ProviderCalls } from '../provider-calls';

type Done = (error?: Error | null, identity?: ExternalIdentity) => void;

/** Google, and servers that speak like it: userinfo as in OpenID Connect Core, 5.3. */
export class GoogleStrategy extends PassportStrategy(Strategy, 'google') {
  constructor(
    private readonly provider: OAuth2Provider,
    publicUrl: string,
    calls: ProviderCalls,
  ) {
    super({ ...optionsFor('google', provider, publicUrl), scope: ['openid', 'email', 'profile'] });
    useSoberTransport(this._oauth2, calls);
  }

  override userProfile(accessToken: string, done: Done): void {
    this.identify(accessToken)
      .then((identity) => done(null, identity))
      .catch(done);
  }

  validate(_accessToken: string, _refreshToken: string, identity: ExternalIdentity): ExternalIdentity {
    return identity;
  }

  private async identify(accessToken: string): Promise<ExternalIdentity> {
    const { issuer, userinfoUrl } = this.provider;
    const claims = objectOf(await askFor(this._oauth2, userinfoUrl, accessToken));
    const { sub: subject, email, email_verified: emailVerified, name } = claims;
    return readIdentity({ method: 'google', issuer }, { subject, email, emailVerified, name });
  }
}
