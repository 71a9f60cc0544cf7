import { Module } from '@nestjs/common';
import { ContractWallets } from './contract-wallets';
import { chainFamilies } from './families/chain-families';
import { LoginChecks } from './login-checks';
import { RelyingParty } from './relying-party';
import { SignedPayloads } from './signed-payloads';
import { WalletAccounts } from './wallet-accounts';
import { WalletAuthController } from './wallet-auth.controller';
import { WalletNonces } from './wallet-nonces';
import { WalletProofs } from './wallet-proofs';
import { WalletStrategy } from './wallet.strategy';
import { Wallets } from './wallets';
import { WalletsController } from './wallets.controller';

@Module({
  controllers: [WalletAuthController, WalletsController],
  providers: [
    ...chainFamilies.map(({ prover }) => prover),
    ContractWallets,
    LoginChecks,
    RelyingParty,
    SignedPayloads,
    WalletAccounts,
    WalletNonces,
    WalletProofs,
    Wallets,
    WalletStrategy,
  ],
})
export class WalletAuthModule {}
