import { Module } from '@nestjs/common';
import { strategyOf } from '../oauth.method';
import { OAuthModule } from '../oauth.module';
import { oauthRoutes } from '../oauth.controller';
import { oidcSettings } from './oidc.settings';
import { OidcStrategy } from './oidc.strategy';

@Module({
  imports: [OAuthModule],
  controllers: [oauthRoutes('oidc', oidcSettings)],
  providers: [strategyOf(oidcSettings, OidcStrategy)],
})
export class OidcModule {}
