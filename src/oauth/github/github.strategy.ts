import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-github2';
import { readIdentity, type ExternalIdentity } from '../../auth/linking/external-identity';
import { askFor, objectOf, optionsFor, useSoberTransport } from '../oauth2-strategy';
import type { ProviderCalls } from '../provider-calls';
import type { GitHubProvider } from './github.settings';

type Done = (error?: Error | null, identity?: ExternalIdentity) => void;

/** GitHub and GitHub Enterprise. Their profile shows an email only where its owner made it public, and never whether it is
 *  verified; the list of emails tells both. */
export class GitHubStrategy extends PassportStrategy(Strategy, 'github') {
  constructor(
    private readonly provider: GitHubProvider,
    publicUrl: string,
    calls: ProviderCalls,
  ) {
    super({ ...optionsFor('github', provider, publicUrl), scope: ['read:user', 'user:email'] });
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
    const { issuer, userinfoUrl, emailsUrl } = this.provider;
    const { id, login, name } = objectOf(await askFor(this._oauth2, userinfoUrl, accessToken));
    const emails = await askFor(this._oauth2, emailsUrl, accessToken);
    // Nonsense is not the same as nobody's: a person would get a second account, without an address.
    if (!Array.isArray(emails)) throw new Error(`${emailsUrl} answered no list`);
    const primary = emails.map(objectOf).find((one) => one['primary'] === true);
    return readIdentity(
      { method: 'github', issuer },
      {
        // Their logins change hands; their numbers don't.
        subject: Number.isSafeInteger(id) ? String(id) : undefined,
        email: primary?.['email'],
        emailVerified: primary?.['verified'],
        name: name || login,
      },
    );
  }
}
