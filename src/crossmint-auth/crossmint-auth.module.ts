import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CrossmintApi } from './crossmint-api';
import { CrossmintAuthController } from './crossmint-auth.controller';
import { CrossmintCookie } from './crossmint-cookie';
import { CrossmintIssuer } from './crossmint-issuer';
import { CrossmintProfile } from './crossmint-profile.entity';
import { CrossmintProfiles } from './crossmint-profiles';
import { CrossmintRefresh } from './crossmint-refresh.entity';
import { CrossmintRefreshes } from './crossmint-refreshes';
import { CrossmintRenewal } from './crossmint-renewal';
import { CrossmintSignIn } from './crossmint-sign-in';
import { CrossmintSignOut } from './crossmint-sign-out';
import { SuiWallets } from './sui-wallets';

@Module({
  imports: [TypeOrmModule.forFeature([CrossmintProfile, CrossmintRefresh])],
  controllers: [CrossmintAuthController],
  providers: [
    CrossmintApi,
    CrossmintCookie,
    CrossmintIssuer,
    CrossmintProfiles,
    CrossmintRefreshes,
    CrossmintRenewal,
    CrossmintSignIn,
    CrossmintSignOut,
    SuiWallets,
  ],
})
export class CrossmintAuthModule {}
