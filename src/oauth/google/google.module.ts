import { Module } from '@nestjs/common';
import { strategyOf } from '../oauth.method';
import { OAuthModule } from '../oauth.module';
import { oauthRoutes } from '../oauth.controller';
import { googleSettings } from './google.settings';
import { GoogleStrategy } from './google.strategy';

@Module({
  imports: [OAuthModule],
  controllers: [oauthRoutes('google', googleSettings)],
  providers: [strategyOf(googleSettings, GoogleStrategy)],
})
export class GoogleModule {}
