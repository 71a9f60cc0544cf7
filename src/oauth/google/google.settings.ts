import { str } from 'envalid';
import { defineSettings } from '../../platform/config/settings';
import { endpoint } from '../../platform/config/setting-types';
import { issuerOf, together, whole, type OAuth2Provider } from '../oauth.settings';

const OWN = {
  GOOGLE_AUTHORIZATION_URL: 'https://accounts.google.com/o/oauth2/v2/auth',
  GOOGLE_TOKEN_URL: 'https://oauth2.googleapis.com/token',
  GOOGLE_USERINFO_URL: 'https://openidconnect.googleapis.com/v1/userinfo',
};

export const googleSettings = defineSettings('google', {
  variables: {
    GOOGLE_CLIENT_ID: str({ default: undefined }),
    GOOGLE_CLIENT_SECRET: str({ default: undefined }),
    GOOGLE_AUTHORIZATION_URL: endpoint({ default: OWN.GOOGLE_AUTHORIZATION_URL }),
    GOOGLE_TOKEN_URL: endpoint({ default: OWN.GOOGLE_TOKEN_URL }),
    GOOGLE_USERINFO_URL: endpoint({ default: OWN.GOOGLE_USERINFO_URL }),
  },
  secrets: ['GOOGLE_CLIENT_SECRET'],
  complete(values, context): OAuth2Provider | null {
    const { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET } = values;
    const { GOOGLE_AUTHORIZATION_URL, GOOGLE_TOKEN_URL, GOOGLE_USERINFO_URL } = values;
    const urls = { GOOGLE_AUTHORIZATION_URL, GOOGLE_TOKEN_URL, GOOGLE_USERINFO_URL };
    const set = whole({ GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET }, urls, context);
    if (!set) return null;
    together(urls, OWN, context);
    return {
      title: 'Google',
      issuer: issuerOf('https://accounts.google.com', OWN.GOOGLE_USERINFO_URL, GOOGLE_USERINFO_URL),
      clientId: set.GOOGLE_CLIENT_ID,
      clientSecret: set.GOOGLE_CLIENT_SECRET,
      authorizationUrl: GOOGLE_AUTHORIZATION_URL,
      tokenUrl: GOOGLE_TOKEN_URL,
      userinfoUrl: GOOGLE_USERINFO_URL,
    };
  },
});
