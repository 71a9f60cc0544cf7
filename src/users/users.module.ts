import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EmailVerification } from './email-verification';
import { User } from './user.entity';
import { UsersController } from './users.controller';
import { UsersService } from './users.service';
import { VerificationController } from './verification.controller';

@Module({
  imports: [TypeOrmModule.forFeature([User])],
  controllers: [UsersController, VerificationController],
  providers: [EmailVerification, UsersService],
  exports: [EmailVerification, UsersService],
})
export class UsersModule {}
