import { makeValidator, str } from 'envalid';
import { defineSettings } from '../../platform/config/settings';
import { endpoint } from '../../platform/config/setting-types';
import { whole, type Provider } from '../oauth.settings';

const title = makeValidator<string>((input) => {
  if (input.length > 60) throw new Error('must have at most 60 characters');
  return input;
});

export const oidcSettings = defineSettings('oidc', {
  variables: {
    OIDC_ISSUER: endpoint({ default: undefined }),
    OIDC_CLIENT_ID: str({ default: undefined }),
    OIDC_CLIENT_SECRET: str({ default: undefined }),
    OIDC_NAME: title({ default: 'OpenID Connect' }),
  },
  secrets: ['OIDC_CLIENT_SECRET'],
  complete({ OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME }, context): Provider | null {
    const needed = { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET };
    const set = whole(needed, { OIDC_ISSUER }, context);
    return (
      set && {
        title: OIDC_NAME,
        issuer: set.OIDC_ISSUER,
        clientId: set.OIDC_CLIENT_ID,
        clientSecret: set.OIDC_CLIENT_SECRET,
      }
    );
  },
});
