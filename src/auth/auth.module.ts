import { Module, type DynamicModule } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module';
import { UsersModule } from '../users/users.module';
import { AddressClaim } from './address-claim';
import { AuthController } from './auth.controller';
import { ManagedAuthController } from './managed-auth.controller';
import { RegistrationService } from './registration.service';
import { SecretAttempts } from './secret-attempts';
import { SignInRegistry } from './sign-in-registry';
import { SignInService } from './sign-in.service';
import { signInMethodsProvider, type SignInMethod } from './sign-in-method';

@Module({
  imports: [SessionsModule, UsersModule],
  controllers: [AuthController, ManagedAuthController],
  providers: [AddressClaim, RegistrationService, SecretAttempts, SignInRegistry, SignInService],
  exports: [AddressClaim, SecretAttempts, SignInRegistry, SignInService, SessionsModule],
})
export class AuthModule {
  /** Global, because every sign-in method needs the gate. */
  static forMethods(methods: readonly SignInMethod[]): DynamicModule {
    return { module: AuthModule, global: true, providers: [signInMethodsProvider(methods)] };
  }
}
