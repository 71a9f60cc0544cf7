import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../platform/http/principal';
import { SigningKeys, type PublicJwk } from './signing-keys';

class Jwk implements PublicJwk {
  @ApiProperty({ example: 'EC' })
  kty: string;

  @ApiProperty({ example: 'P-256' })
  crv: string;

  @ApiProperty({ example: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU' })
  x: string;

  @ApiProperty({ example: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' })
  y: string;

  @ApiProperty({ description: 'Names the key in the header of the tokens that it signed' })
  kid: string;

  @ApiProperty({ enum: ['ES256'] })
  alg: 'ES256';

  @ApiProperty({ enum: ['sig'] })
  use: 'sig';
}

class JwkSet {
  @ApiProperty({ type: [Jwk] })
  keys: Jwk[];
}

@ApiTags('keys')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  /** A new key is published a minute before it signs, so a copy may be kept for that long. */
  @Public()
  @Get('jwks.json')
  @Header('cache-control', 'public, max-age=30')
  @ApiOperation({ operationId: 'jwks', summary: 'The public keys that verify access tokens (RFC 7517)' })
  @ApiOkResponse({ type: JwkSet })
  jwks(): JwkSet {
    return this.keys.jwks();
  }
}
