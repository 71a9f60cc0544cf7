import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module';
import { PasswordAuthController } from './password-auth.controller';
import { Password } from './password.entity';
import { PasswordService } from './password.service';
import { PasswordStrategy } from './password.strategy';

@Module({
  imports: [TypeOrmModule.forFeature([Password]), UsersModule],
  controllers: [PasswordAuthController],
  providers: [PasswordService, PasswordStrategy],
})
export class PasswordAuthModule {}
