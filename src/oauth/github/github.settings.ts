import { str } from 'envalid';
import { defineSettings } from '../../platform/config/settings';
import { endpoint } from '../../platform/config/setting-types';
import { issuerOf, together, whole, type OAuth2Provider } from '../oauth.settings';

export interface GitHubProvider extends OAuth2Provider {
  readonly emailsUrl: string;
}

const OWN = {
  GITHUB_AUTHORIZATION_URL: 'https://github.com/login/oauth/authorize',
  GITHUB_TOKEN_URL: 'https://github.com/login/oauth/access_token',
  GITHUB_USERINFO_URL: 'https://api.github.com/user',
};

export const githubSettings = defineSettings('github', {
  variables: {
    GITHUB_CLIENT_ID: str({ default: undefined }),
    GITHUB_CLIENT_SECRET: str({ default: undefined }),
    GITHUB_AUTHORIZATION_URL: endpoint({ default: OWN.GITHUB_AUTHORIZATION_URL }),
    GITHUB_TOKEN_URL: endpoint({ default: OWN.GITHUB_TOKEN_URL }),
    GITHUB_USERINFO_URL: endpoint({ default: OWN.GITHUB_USERINFO_URL }),
    GITHUB_EMAILS_URL: endpoint({ default: undefined }),
  },
  secrets: ['GITHUB_CLIENT_SECRET'],
  complete(values, context): GitHubProvider | null {
    const { GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET } = values;
    const { GITHUB_AUTHORIZATION_URL, GITHUB_TOKEN_URL, GITHUB_USERINFO_URL } = values;
    const GITHUB_EMAILS_URL = values.GITHUB_EMAILS_URL ?? `${GITHUB_USERINFO_URL.replace(/\/+$/, '')}/emails`;
    const urls = { GITHUB_AUTHORIZATION_URL, GITHUB_TOKEN_URL, GITHUB_USERINFO_URL };
    const set = whole({ GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET }, { ...urls, GITHUB_EMAILS_URL }, context);
    if (!set) return null;
    together(urls, OWN, context);
    return {
      title: 'GitHub',
      issuer: issuerOf('https://github.com', OWN.GITHUB_USERINFO_URL, GITHUB_USERINFO_URL),
      clientId: set.GITHUB_CLIENT_ID,
      clientSecret: set.GITHUB_CLIENT_SECRET,
      authorizationUrl: GITHUB_AUTHORIZATION_URL,
      tokenUrl: GITHUB_TOKEN_URL,
      userinfoUrl: GITHUB_USERINFO_URL,
      emailsUrl: GITHUB_EMAILS_URL,
    };
  },
});
