import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditEvent } from './audit/audit-event.entity';
import { AuditTrail } from './audit/audit-trail';
import { ChangeFeed } from './changes/change-feed';
import { Clock } from './clock/clock';
import { AppSecret } from './crypto/app-secret';
import { SecretHasher } from './hashing/secret-hasher';
import { CrossSite } from './http/cross-site';
import { Jobs } from './jobs/jobs';
import { FrontEnd } from './front-end/front-end';
import { MailLimits } from './mail/mail-limits';
import { Mailer } from './mail/mailer';
import { OffLoop } from './off-loop/off-loop';
import { OneTimeSweep } from './one-time/one-time-sweep';
import { OneTimeToken } from './one-time/one-time-token.entity';
import { OneTimeTokens } from './one-time/one-time-tokens';
import { GuessLock } from './rate-limit/guess-lock.entity';
import { GuessLocks } from './rate-limit/guess-locks';
import { LimitSweep } from './rate-limit/limit-sweep';
import { RateLimits } from './rate-limit/rate-limits';

const services = [
  AppSecret,
  AuditTrail,
  ChangeFeed,
  Clock,
  CrossSite,
  FrontEnd,
  GuessLocks,
  Jobs,
  Mailer,
  MailLimits,
  OffLoop,
  OneTimeTokens,
  RateLimits,
  SecretHasher,
];

@Global()
@Module({
  imports: [TypeOrmModule.forFeature([AuditEvent, GuessLock, OneTimeToken])],
  providers: [...services, LimitSweep, OneTimeSweep],
  exports: services,
})
export class PlatformModule {}
