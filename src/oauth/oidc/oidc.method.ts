import { oauthMethod } from '../oauth.method';
import { OidcModule } from './oidc.module';
import { oidcSettings } from './oidc.settings';

export const oidcMethod = oauthMethod('oidc', oidcSettings, OidcModule);
