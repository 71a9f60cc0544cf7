import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module';
import { AccessTokenStrategy } from './access-token.strategy';
import { AccessTokens } from './access-tokens';
import { JwksController } from './jwks.controller';
import { RefreshToken } from './refresh-token.entity';
import { RefreshTokens } from './refresh-tokens';
import { Session } from './session.entity';
import { SessionGuard } from './session.guard';
import { SessionsService } from './sessions.service';
import { SigningKey } from './signing-key.entity';
import { SigningKeys } from './signing-keys';

@Module({
  imports: [TypeOrmModule.forFeature([Session, RefreshToken, SigningKey]), UsersModule],
  controllers: [JwksController],
  providers: [
    AccessTokens,
    AccessTokenStrategy,
    RefreshTokens,
    SessionsService,
    SigningKeys,
    { provide: APP_GUARD, useClass: SessionGuard },
  ],
  exports: [AccessTokens, SessionsService, SigningKeys],
})
export class SessionsModule {}
