import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { wire, WireMessage, WireSignedIn } from '../auth/contracts/wire.contract';
import { ProofGuard } from '../auth/proof.guard';
import type { Proof } from '../auth/sign-in-method';
import { RateLimited, ValidationFailed } from '../platform/http/api-error';
import { FromClient, type Client } from '../platform/http/client';
import { Fails } from '../platform/http/failures.decorator';
import { Public } from '../platform/http/principal';
import { ByCodeBody, ByTokenBody, MagicLinkBody } from './magic-link.dto';
import { InvalidMagicLink } from './magic-link.errors';
import { MagicLinkSignIn } from './magic-link-sign-in';
import { MAGIC_LINK_STRATEGY } from './magic-link.strategy';
import { MagicLinkService } from './magic-link.service';

@ApiTags('sign-in')
@Controller('auth')
export class MagicLinkController {
  constructor(
    private readonly links: MagicLinkService,
    private readonly signIn: MagicLinkSignIn,
  ) {}

  @Public()
  @Post('magic-link')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'sendMagicLink',
    summary: 'Mail a link to sign in by',
    description:
      'The answer is the same for every address. The mail also holds a code of six digits, to be typed where the ' +
      'link can’t be opened. A newer mail cancels the older one. Who has no account gets one when the link is used, ' +
      'unless the server is set otherwise.',
  })
  @ApiOkResponse({ type: WireMessage, example: { message: 'Magic link sent to alice@example.com' } })
  @Fails(new ValidationFailed([{ field: 'email', message: 'email must be a valid email address' }]))
  async send(@Body() { email }: MagicLinkBody, @FromClient() client: Client): Promise<WireMessage> {
    await this.links.request(email, client);
    return { message: `Magic link sent to ${email}` };
  }

  @Public()
  @UseGuards(ProofGuard(MAGIC_LINK_STRATEGY))
  @Post('verify-magic-link')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'verifyMagicLink',
    summary: 'Sign in by a mailed link or code',
    description: 'The link is good for 15 minutes, the code for 10 minutes and 5 tries, both for one use.',
  })
  @ApiExtraModels(ByTokenBody, ByCodeBody)
  @ApiBody({ schema: { anyOf: [ByTokenBody, ByCodeBody].map((type) => ({ $ref: getSchemaPath(type) })) } })
  @ApiOkResponse({ type: WireSignedIn })
  @Fails(
    new ValidationFailed([{ field: 'token', message: 'token is missing' }]),
    new InvalidMagicLink(),
    new RateLimited(600),
  )
  async verify(
    @Req() request: FastifyRequest & { proof: Proof },
    @FromClient() client: Client,
  ): Promise<WireSignedIn> {
    return wire.signedIn(await this.signIn.open(request.proof, client));
  }
}
