import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module';
import { MagicLinkController } from './magic-link.controller';
import { MagicLinkSignIn } from './magic-link-sign-in';
import { MagicLinkService } from './magic-link.service';
import { MagicLinkStrategy } from './magic-link.strategy';

@Module({
  imports: [UsersModule],
  controllers: [MagicLinkController],
  providers: [MagicLinkService, MagicLinkSignIn, MagicLinkStrategy],
  exports: [MagicLinkService, MagicLinkSignIn],
})
export class MagicLinkModule {}
