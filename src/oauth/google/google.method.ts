import { oauthMethod } from '../oauth.method';
import { GoogleModule } from './google.module';
import { googleSettings } from './google.settings';

export const googleMethod = oauthMethod('google', googleSettings, GoogleModule);
