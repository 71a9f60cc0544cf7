import { Module } from '@nestjs/common';
import { strategyOf } from '../oauth.method';
import { OAuthModule } from '../oauth.module';
import { oauthRoutes } from '../oauth.controller';
import { githubSettings } from './github.settings';
import { GitHubStrategy } from './github.strategy';

@Module({
  imports: [OAuthModule],
  controllers: [oauthRoutes('github', githubSettings)],
  providers: [strategyOf(githubSettings, GitHubStrategy)],
})
export class GitHubModule {}
