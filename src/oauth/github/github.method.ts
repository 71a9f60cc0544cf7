import { oauthMethod } from '../oauth.method';
import { GitHubModule } from './github.module';
import { githubSettings } from './github.settings';

export const githubMethod = oauthMethod('github', githubSettings, GitHubModule);
