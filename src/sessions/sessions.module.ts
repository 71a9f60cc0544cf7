import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module';
import { AccessTokenCheck } from './access-token-check';
import { AccessTokenStrategy } from './access-token.strategy';
import { AccessTokens } from './access-tokens';
import { CallerFacts } from './caller-facts';
import { Device } from './device.entity';
import { Devices } from './devices';
import { ExchangedToken } from './exchanged-token.entity';
import { ExchangedTokens } from './exchanged-tokens';
import { ExchangedTokenSweep } from './exchanged-token-sweep';
import { JwksController } from './jwks.controller';
import { KeptSessions } from './kept-sessions';
import { LastSeen } from './last-seen';
import { LiveSessions } from './live-sessions';
import { RecentSignIn } from './recent-sign-in';
import { RefreshToken } from './refresh-token.entity';
import { RefreshTokens } from './refresh-tokens';
import { Session } from './session.entity';
import { SessionEndings } from './session-endings';
import { SessionSweep } from './session-sweep';
import { SessionGuard } from './session.guard';
import { SessionsController } from './sessions.controller';
import { SessionsService } from './sessions.service';
import { SigningKey } from './signing-key.entity';
import { SigningKeys } from './signing-keys';
import { IssuerCookies } from './transport/issuer-cookies';

@Module({
  imports: [
    TypeOrmModule.forFeature([Session, RefreshToken, ExchangedToken, SigningKey, Device]),
    UsersModule,
  ],
  controllers: [JwksController, SessionsController],
  providers: [
    AccessTokenCheck,
    AccessTokens,
    AccessTokenStrategy,
    CallerFacts,
    Devices,
    ExchangedTokens,
    ExchangedTokenSweep,
    IssuerCookies,
    KeptSessions,
    LastSeen,
    LiveSessions,
    RecentSignIn,
    RefreshTokens,
    SessionEndings,
    SessionSweep,
    SessionsService,
    SigningKeys,
    { provide: APP_GUARD, useClass: SessionGuard },
  ],
  exports: [
    AccessTokenCheck,
    AccessTokens,
    CallerFacts,
    Devices,
    ExchangedTokens,
    IssuerCookies,
    LiveSessions,
    RecentSignIn,
    SessionEndings,
    SessionsService,
    SigningKeys,
  ],
})
export class SessionsModule {}
