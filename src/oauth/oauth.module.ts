import { Module } from '@nestjs/common';
import { AuthorizationFlows } from './authorization-flows';
import { OAuthSignIn } from './oauth-sign-in';
import { ProviderCalls } from './provider-calls';

/** What all providers share. */
@Module({
  providers: [AuthorizationFlows, OAuthSignIn, ProviderCalls],
  exports: [AuthorizationFlows, OAuthSignIn, ProviderCalls],
})
export class OAuthModule {}
