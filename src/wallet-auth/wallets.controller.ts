import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { WalletMessage } from '../auth/contracts/wallet.contract';
import type { Identity } from '../auth/linking/identity.entity';
import { IdentityUnknown, LastWayIn } from '../auth/linking/linking.errors';
import { ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { InContract } from '../platform/http/contract-name';
import { Fails } from '../platform/http/failures.decorator';
import { pathId } from '../platform/http/path-id';
import { Caller, type Principal } from '../platform/http/principal';
import { NeedsSession } from '../platform/http/session-security';
import { ReauthenticationNeeded } from '../sessions/session.errors';
import { chainFamilies, familyOf } from './families/chain-families';
import { LOGIN_BODIES } from './wallet.dto';
import { InvalidLoginPayload, InvalidNonce, WalletTaken } from './wallet.errors';
import { Wallets } from './wallets';

class WalletView {
  @ApiProperty({ format: 'uuid', example: '5d0c6a5e-2b7c-4c0e-8f53-0d7f1b8a9c21' })
  id: string;

  @ApiProperty({ enum: chainFamilies.map(({ type }) => type), example: 'evm' })
  type: string;

  @ApiProperty({ example: '0x71C7656EC7ab88b098defB751B7401B5f6d8976F' })
  address: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Of a contract wallet: the chain that it is on. Any other is one account on all chains.',
    example: null,
  })
  chainId: string | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-15T10:30:00.000Z' })
  createdAt: Date;
}

class WalletAnswer {
  @ApiProperty()
  wallet: WalletView;
}

class WalletList {
  @ApiProperty({ type: [WalletView] })
  wallets: WalletView[];
}

const viewWallet = ({ id, issuer, subject, createdAt }: Identity): WalletView => ({
  id,
  type: familyOf(issuer)?.type ?? issuer,
  address: subject,
  chainId: issuer.split(':')[1] ?? null,
  createdAt,
});

/** A person's wallets. */
@ApiTags('wallet')
@Controller('auth/wallets')
export class WalletsController {
  constructor(private readonly wallets: Wallets) {}

  @Get()
  @NeedsSession()
  @InContract('wallet')
  @ApiOperation({ operationId: 'listWallets', summary: 'The wallets of the current user' })
  @ApiOkResponse({ type: WalletList })
  async list(@Caller() caller: Principal): Promise<WalletList> {
    return { wallets: (await this.wallets.list(caller)).map(viewWallet) };
  }

  @Post()
  @NeedsSession()
  @InContract('wallet')
  @ApiOperation({
    operationId: 'addWallet',
    summary: 'Add a wallet to the current user',
    description: 'With what is sent to sign in by it. Needs a sign-in of the last 10 minutes.',
  })
  @ApiExtraModels(...LOGIN_BODIES)
  @ApiBody({ schema: { oneOf: LOGIN_BODIES.map((type) => ({ $ref: getSchemaPath(type) })) } })
  @ApiCreatedResponse({ type: WalletAnswer })
  @Fails(new InvalidLoginPayload(), new InvalidNonce(), new ReauthenticationNeeded(), new WalletTaken())
  async add(
    @Body() body: unknown,
    @Caller() caller: Principal,
    @FromClient() client: Client,
  ): Promise<WalletAnswer> {
    return { wallet: viewWallet(await this.wallets.add(body, caller, client)) };
  }

  @Delete(':id')
  @HttpCode(200)
  @NeedsSession()
  @InContract('wallet')
  @ApiOperation({
    operationId: 'removeWallet',
    summary: 'Remove a wallet from the current user',
    description:
      'Ends every other session of the user. Needs a sign-in of the last 10 minutes, and another way to sign in.',
  })
  @ApiParam({ name: 'id', type: String, format: 'uuid' })
  @ApiOkResponse({ type: WalletMessage, example: { message: 'Wallet removed' } })
  @Fails(
    new ValidationFailed([{ field: 'id', message: 'id must be a UUID' }]),
    new LastWayIn(),
    new ReauthenticationNeeded(),
    new IdentityUnknown(),
  )
  async remove(
    @Param('id', pathId('id')) id: string,
    @Caller() caller: Principal,
    @FromClient() client: Client,
  ): Promise<WalletMessage> {
    await this.wallets.remove(id, caller, client);
    return { message: 'Wallet removed' };
  }
}
