import { Strategy } from 'passport-google-oauth20';
import { readIdentity, type ExternalIdentity } from '../../auth/linking/external-identity';
import type { OAuth2Provider } from '../oauth.settings';
import { identityStrategy, objectOf } from '../oauth2-strategy';
import type { ProviderCalls } from '../provider-calls';

/** Google, and servers that speak like it: userinfo as in OpenID Connect Core, 5.3. */
export class GoogleStrategy extends identityStrategy(Strategy, 'google') {
  constructor(
    private readonly provider: OAuth2Provider,
    publicUrl: string,
    calls: ProviderCalls,
  ) {
    super(provider, ['openid', 'email', 'profile'], publicUrl, calls);
  }

  async identify(accessToken: string): Promise<ExternalIdentity> {
    const { issuer, userinfoUrl } = this.provider;
    const claims = objectOf(await this.ask(userinfoUrl, accessToken));
    const { sub: subject, email, email_verified: emailVerified, name } = claims;
    return readIdentity({ method: 'google', issuer }, { subject, email, emailVerified, name });
  }
}
