import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IssuerCalls } from '../auth/exchange/issuer-calls';
import { CrossmintApi } from './crossmint-api';
import { CrossmintAuthController } from './crossmint-auth.controller';
import { CrossmintCookie } from './crossmint-cookie';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintProfile } from './crossmint-profile.entity';
import { CrossmintProfiles } from './crossmint-profiles';
import { CrossmintRefreshToken } from './crossmint-refresh-token.entity';
import { CrossmintRefreshTokens } from './crossmint-refresh-tokens';
import { CrossmintRenewal } from './crossmint-renewal';
import { CrossmintSignIn } from './crossmint-sign-in';
import { CrossmintSignOut } from './crossmint-sign-out';
import { ShownSessions } from './shown-sessions';
import { SuiWallets } from './sui-wallets';

@Module({
  imports: [TypeOrmModule.forFeature([CrossmintProfile, CrossmintRefreshToken])],
  controllers: [CrossmintAuthController],
  providers: [
    CrossmintApi,
    CrossmintCookie,
    CrossmintIssuer,
    CrossmintProfiles,
    CrossmintRefreshTokens,
    CrossmintRenewal,
    CrossmintSignIn,
    CrossmintSignOut,
    // Connections of its own: however long these calls take, keys are fetched.
    IssuerCalls,
    ShownSessions,
    SuiWallets,
  ],
})
export class CrossmintAuthModule {}
