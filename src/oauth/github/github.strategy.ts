import { Strategy } from 'passport-github2';
import { readIdentity, type ExternalIdentity } from '../../auth/linking/external-identity';
import { identityStrategy, objectOf } from '../oauth2-strategy';
import type { ProviderCalls } from '../provider-calls';
import type { GitHubProvider } from './github.settings';

/**
 * GitHub and GitHub Enterprise. Their profile shows an email only where its owner made it public, and never whether it is
 * verified; the list of emails tells both.
 */
export class GitHubStrategy extends identityStrategy(Strategy, 'github') {
  constructor(
    private readonly provider: GitHubProvider,
    publicUrl: string,
    calls: ProviderCalls,
  ) {
    super(provider, ['user:email'], publicUrl, calls);
  }

  async identify(accessToken: string): Promise<ExternalIdentity> {
    const { issuer, userinfoUrl, emailsUrl } = this.provider;
    const { id, login, name } = objectOf(await this.ask(userinfoUrl, accessToken));
    const emails = await this.ask(emailsUrl, accessToken);
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
        name,
        login,
      },
    );
  }
}
