import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CurrentPassword } from '../auth/current-password';
import { UsersModule } from '../users/users.module';
import { ManagedPasswordController } from './managed-password.controller';
import { PasswordAuthController } from './password-auth.controller';
import { PasswordResetController } from './password-reset.controller';
import { PasswordResets } from './password-reset.service';
import { Password } from './password.entity';
import { ManagedResetPasswordController, ResetPasswordController } from './reset-password.controller';
import { PasswordService } from './password.service';
import { PasswordStrategy } from './password.strategy';

/** Global, because other methods ask for the current password. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Password]), UsersModule],
  controllers: [
    PasswordAuthController,
    ManagedPasswordController,
    PasswordResetController,
    ResetPasswordController,
    ManagedResetPasswordController,
  ],
  providers: [
    PasswordResets,
    PasswordService,
    PasswordStrategy,
    { provide: CurrentPassword, useExisting: PasswordService },
  ],
  exports: [CurrentPassword, PasswordResets],
})
export class PasswordAuthModule {}
