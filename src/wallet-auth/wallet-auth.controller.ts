import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
  getSchemaPath,
  ApiExtraModels,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SETS_COOKIES } from '../auth/auth.controller';
import { setAccountCookies, setActiveAccount } from '../auth/contracts/wallet.contract';
import { RateLimited } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { InContract } from '../platform/http/contract-name';
import { CrossSite, CrossSiteRequest } from '../platform/http/cross-site';
import { Fails } from '../platform/http/failures.decorator';
import { Caller, MayBeNobody, Public, type Principal } from '../platform/http/principal';
import { MayHaveSession } from '../platform/http/session-security';
import { METHOD_NAMES } from '../sessions/method-name';
import { viewPayload } from './signed-payloads';
import { NonceAnswer, PayloadAnswer, PayloadBody, SwitchAccountBody } from './wallet.dto';
import { AccountNotSignedIn, AddressMissing } from './wallet.errors';
import { WalletAccounts } from './wallet-accounts';
import { WalletNonces } from './wallet-nonces';
import { Wallets } from './wallets';

class WalletSession {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: METHOD_NAMES, example: 'wallet' })
  method: string;

  @ApiProperty({ type: String, format: 'date-time' })
  createdAt: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'The absolute end' })
  expiresAt: Date;
}

class WalletUserData {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, nullable: true, example: null })
  email: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  name: string | null;
}

class WalletUser {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Of the wallet that opened the session; else of the first of the account',
    example: '0x71C7656EC7ab88b098defB751B7401B5f6d8976F',
  })
  address: string | null;

  @ApiProperty()
  session: WalletSession;

  @ApiProperty()
  data: WalletUserData;
}

/** What clients of wallets ask for beside `POST /auth/login` and `POST /auth/logout`. */
@ApiTags('wallet')
@ApiExtraModels(WalletUser)
@Controller('auth')
export class WalletAuthController {
  constructor(
    private readonly nonces: WalletNonces,
    private readonly wallets: Wallets,
    private readonly accounts: WalletAccounts,
    private readonly crossSite: CrossSite,
  ) {}

  @Public()
  @Post('payload')
  @HttpCode(200)
  @InContract('wallet')
  @ApiOperation({
    operationId: 'loginPayload',
    summary: 'A payload for a wallet to sign',
    description: 'Good for one sign-in, by that address, within 10 minutes.',
  })
  @ApiOkResponse({ type: PayloadAnswer })
  @Fails(new AddressMissing(), new RateLimited(60))
  async payload(@Body() body: PayloadBody, @FromClient() client: Client): Promise<PayloadAnswer> {
    return { payload: viewPayload(await this.nonces.issuePayload(body, client)) };
  }

  @Public()
  @Get('nonce')
  @InContract('wallet')
  @ApiOperation({
    operationId: 'loginNonce',
    summary: 'A nonce for a client that writes its own message of EIP-4361',
    description: 'Good for one sign-in within 10 minutes.',
  })
  @ApiOkResponse({ type: NonceAnswer })
  @Fails(new RateLimited(60), new CrossSiteRequest())
  async nonce(@Req() request: FastifyRequest, @FromClient() client: Client): Promise<NonceAnswer> {
    this.crossSite.refuseUninvited(request);
    return { nonce: await this.nonces.issueNonce(client) };
  }

  @Get('user')
  @MayHaveSession()
  @MayBeNobody()
  @InContract('wallet')
  @ApiOperation({
    operationId: 'walletUser',
    summary: 'Who is signed in with the account in use',
    description:
      'null without a token that is good. Renews the cookies of a session that a wallet has opened.',
  })
  @ApiOkResponse({
    // OpenAPI 3.0 has no type for null alone.
    schema: {
      oneOf: [{ $ref: getSchemaPath(WalletUser) }, { type: 'object', nullable: true, enum: [null] }],
    },
    headers: SETS_COOKIES,
  })
  user(
    @Caller() caller: Principal | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): WalletUser | string {
    // Nest makes an empty body of null.
    if (!caller) {
      void reply.type('application/json; charset=utf-8');
      return 'null';
    }
    const address = this.wallets.addressOf(caller);
    const renewed = this.accounts.renew(caller, request);
    if (renewed && address !== null) setAccountCookies(reply, address, renewed);
    const { session, user } = caller;
    return {
      address,
      session: {
        id: session.id,
        method: session.method,
        createdAt: session.createdAt,
        expiresAt: session.expiresAt,
      },
      data: { id: user.id, email: user.email, name: user.name },
    };
  }

  @Public()
  @Post('switch-account')
  @HttpCode(200)
  @InContract('wallet')
  @ApiOperation({
    operationId: 'switchAccount',
    summary: 'Use another of the accounts that this browser is signed in with',
  })
  @ApiOkResponse({ description: 'Switched', headers: SETS_COOKIES })
  @Fails(new AddressMissing(), new AccountNotSignedIn(), new CrossSiteRequest())
  async switchAccount(
    @Body() body: SwitchAccountBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { address, expiresIn } = await this.accounts.find(body.address, request);
    setActiveAccount(reply, address, expiresIn);
  }
}
