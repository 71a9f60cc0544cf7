import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module';
import { PinAuthController } from './pin-auth.controller';
import { Pin } from './pin.entity';
import { PinService } from './pin.service';
import { PinStrategy } from './pin.strategy';

@Module({
  imports: [TypeOrmModule.forFeature([Pin]), UsersModule],
  controllers: [PinAuthController],
  providers: [PinService, PinStrategy],
})
export class PinAuthModule {}
