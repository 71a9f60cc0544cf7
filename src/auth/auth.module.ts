import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SessionsModule } from '../sessions/sessions.module';
import { UsersModule } from '../users/users.module';
import { AuthController } from './auth.controller';
import { ExchangeLimit } from './exchange/exchange-limit';
import { IssuerCalls } from './exchange/issuer-calls';
import { IssuerJwtStrategy } from './exchange/issuer-jwt.strategy';
import { IssuerJwts } from './exchange/issuer-jwts';
import { TokenExchange } from './exchange/token-exchange';
import { AccountLinking } from './linking/account-linking';
import { AddressClaim } from './linking/address-claim';
import { Credentials } from './linking/credentials';
import { Identities } from './linking/identities';
import { IdentitiesController } from './linking/identities.controller';
import { Identity } from './linking/identity.entity';
import { IdentityNotice } from './linking/identity-notice';
import { LinkedIdentities } from './linking/linked-identities';
import { ManagedAuthController } from './managed-auth.controller';
import { RegistrationService } from './registration.service';
import { SecretAttempts } from './secret-attempts';
import { SignInRegistry } from './sign-in-registry';
import { SignInService } from './sign-in.service';
import { signInMethodsProvider, type SignInMethod } from './sign-in-method';

const linking = [AccountLinking, AddressClaim, Credentials, Identities, LinkedIdentities];
const exchange = [ExchangeLimit, IssuerCalls, IssuerJwts, TokenExchange];

@Module({
  imports: [SessionsModule, UsersModule, TypeOrmModule.forFeature([Identity])],
  controllers: [AuthController, IdentitiesController, ManagedAuthController],
  providers: [
    ...linking,
    ...exchange,
    IdentityNotice,
    IssuerJwtStrategy,
    RegistrationService,
    SecretAttempts,
    SignInRegistry,
    SignInService,
  ],
  exports: [...linking, ...exchange, SecretAttempts, SignInRegistry, SignInService, SessionsModule],
})
export class AuthModule {
  /** Global, because every sign-in method needs the gate. */
  static forMethods(methods: readonly SignInMethod[]): DynamicModule {
    return { module: AuthModule, global: true, providers: [signInMethodsProvider(methods)] };
  }
}
