import { Module } from '@nestjs/common';
import { ExternalAuthController } from './external-auth.controller';
import { ExternalSignIn } from './external-sign-in';

@Module({ controllers: [ExternalAuthController], providers: [ExternalSignIn] })
export class ExternalAuthModule {}
