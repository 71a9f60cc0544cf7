import { ApiProperty } from '@nestjs/swagger';
import { ManagedMessage } from '../auth/contracts/managed.contract';

class ChangedAccount {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'email' })
  email: string;
}

export class ManagedReset extends ManagedMessage {
  @ApiProperty()
  data: ChangedAccount;
}

export const RESET_DONE = 'Password reset successfully';
