import { Controller, Get, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { PROVIDERS } from '../auth/sign-in-method';
import { SignInRegistry } from '../auth/sign-in-registry';
import { Public } from '../platform/http/principal';

/** A load balancer waits no longer than this either. */
const PATIENCE = 2_000;

class Health {
  @ApiProperty({ enum: ['healthy', 'unhealthy'] })
  status: 'healthy' | 'unhealthy';

  @ApiProperty({ enum: PROVIDERS, isArray: true, description: 'The ways to sign in that are on' })
  providers: string[];
}

@ApiTags('operation')
@Controller('auth')
export class HealthController {
  constructor(
    private readonly database: DataSource,
    private readonly registry: SignInRegistry,
  ) {}

  @Public()
  @Get('health')
  @ApiOperation({ operationId: 'health', summary: 'Is the server able to work?' })
  @ApiOkResponse({ type: Health })
  @ApiServiceUnavailableResponse({ type: Health, description: 'The database is out of reach' })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const healthy = await this.databaseAnswers();
    reply.code(healthy ? 200 : 503);
    return { status: healthy ? 'healthy' : 'unhealthy', providers: this.registry.providers };
  }

  private async databaseAnswers(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, PATIENCE, false)));
    const answer = this.database.query('SELECT 1').then(
      () => true,
      () => false,
    );
    return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
  }
}
