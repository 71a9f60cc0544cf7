import { Global, Module } from '@nestjs/common';
import { Clock } from './clock/clock';
import { AppSecret } from './crypto/app-secret';
import { SecretHasher } from './hashing/secret-hasher';

@Global()
@Module({
  providers: [AppSecret, Clock, SecretHasher],
  exports: [AppSecret, Clock, SecretHasher],
})
export class PlatformModule {}
