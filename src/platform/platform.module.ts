import { Global, Module } from '@nestjs/common';
import { Clock } from './clock/clock';
import { AppSecret } from './crypto/app-secret';
import { SecretHasher } from './hashing/secret-hasher';
import { Jobs } from './jobs/jobs';
import { Mailer } from './mail/mailer';

@Global()
@Module({
  providers: [AppSecret, Clock, Jobs, Mailer, SecretHasher],
  exports: [AppSecret, Clock, Jobs, Mailer, SecretHasher],
})
export class PlatformModule {}
