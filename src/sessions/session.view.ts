import { ApiProperty } from '@nestjs/swagger';
import { METHOD_NAMES, type MethodName } from './method-name';
import { ClientInfo, clientInfo } from './client-info';
import type { ListedSession } from './sessions.service';

export class SessionView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  userId: string;

  @ApiProperty({ type: String, format: 'date-time' })
  createdAt: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'Written at most once a minute' })
  lastSeenAt: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'The absolute end' })
  expiresAt: Date;

  @ApiProperty({ enum: ['user-session'] })
  sessionType: 'user-session';

  @ApiProperty({ enum: METHOD_NAMES, description: 'How it was opened' })
  method: MethodName;

  @ApiProperty({ description: 'Whether it is the one that asks' })
  current: boolean;

  @ApiProperty()
  clientInfo: ClientInfo;
}

/** What leaves the server about a session. Never a token. */
export const viewSession = (session: ListedSession, currentId: string): SessionView => ({
  id: session.id,
  userId: session.userId,
  createdAt: session.createdAt,
  lastSeenAt: session.lastSeenAt,
  expiresAt: session.expiresAt,
  sessionType: 'user-session',
  method: session.method,
  current: session.id === currentId,
  clientInfo: clientInfo(session),
});
