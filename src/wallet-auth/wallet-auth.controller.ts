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
import { SignInService } from '../auth/sign-in.service';
import { Clock } from '../platform/clock/clock';
import { RateLimited, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { InContract } from '../platform/http/contract-name';
import { CrossSite, CrossSiteRequest } from '../platform/http/cross-site';
import { Fails } from '../platform/http/failures.decorator';
import { Caller, MayBeNobody, Public, type Principal } from '../platform/http/principal';
import { MayHaveSession } from '../platform/http/session-security';
import { AccessTokenCheck } from '../sessions/access-token-check';
import { InvalidToken } from '../sessions/session.errors';
import { METHOD_NAMES } from '../sessions/method-name';
import { accountCookie } from '../sessions/transport/cookies';
import { findAccount } from './families/chain-families';
import { viewPayload } from './signed-payloads';
import { NonceAnswer, PayloadAnswer, PayloadBody, SwitchAccountBody } from './wallet.dto';
import { AccountNotSignedIn } from './wallet.errors';
import { WalletNonces } from './wallet-nonces';
import { Wallets } from './wallets';

/** A token that is younger, in milliseconds, is not renewed: clients ask again at every view. */
const YOUNG = 5_000;

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

const noAddress = new ValidationFailed([{ field: 'address', message: 'Please provide an address' }]);

/** What clients of wallets ask for beside `POST /auth/login` and `POST /auth/logout`. */
@ApiTags('wallet')
@ApiExtraModels(WalletUser)
@Controller('auth')
export class WalletAuthController {
  constructor(
    private readonly nonces: WalletNonces,
    private readonly wallets: Wallets,
    private readonly signIn: SignInService,
    private readonly tokens: AccessTokenCheck,
    private readonly crossSite: CrossSite,
    private readonly clock: Clock,
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
  @Fails(noAddress, new RateLimited(60))
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
    this.crossSite.refuseEmbedding(request);
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
    schema: { oneOf: [{ $ref: getSchemaPath(WalletUser) }, { type: 'null' }] },
    headers: SETS_COOKIES,
  })
  async user(
    @Caller() caller: Principal | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WalletUser | string> {
    // Nest makes an empty body of null.
    if (!caller) {
      void reply.type('application/json; charset=utf-8');
      return 'null';
    }
    const address = await this.wallets.addressOf(caller);
    const { session, user } = caller;
    // Other sites may make a browser send this, and an answer that comes late would undo a switch.
    const slides = session.contract === 'wallet' && !this.crossSite.isForeign(request);
    if (slides && address !== null && this.isOld(caller)) {
      setAccountCookies(reply, address, this.signIn.slide(caller, 'wallet'));
    }
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
  @Fails(noAddress, new AccountNotSignedIn(), new CrossSiteRequest())
  async switchAccount(
    @Body() body: SwitchAccountBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const account = findAccount(body.address);
    if (!account) throw noAddress;
    this.crossSite.refuse(request);
    const { address } = account;
    const principal = await this.callerOf(request, address);
    // Its own: the cookie's name is what the browser says.
    if (!principal || (await this.wallets.addressOf(principal)) !== address) throw new AccountNotSignedIn();
    const left = principal.token.expiresAt.getTime() - this.clock.now().getTime();
    setActiveAccount(reply, address, Math.floor(left / 1_000));
  }

  /** Who is behind the token that a browser keeps for an account. */
  private async callerOf(request: FastifyRequest, address: string): Promise<Principal | null> {
    try {
      const token = accountCookie(request, address);
      return token === null ? null : await this.tokens.principalOf(token);
    } catch (error) {
      if (error instanceof InvalidToken) throw new AccountNotSignedIn(error.ambiguousCookie);
      throw error;
    }
  }

  private isOld({ token }: Principal): boolean {
    return this.clock.now().getTime() - token.issuedAt.getTime() > YOUNG;
  }
}
