import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';

const UNIQUE_VIOLATION = '23505';

/**
 * Codes of Node's sockets (EAGAIN: nobody takes what comes to a unix socket), and of PostgreSQL: class 08 (connection), 57P0x (shut down, starting up), 53300 (too
 * many connections), 57014 (statement timeout), 25006 (read-only: a standby), 40001 and 40P01 (conflicts).
 */
const AWAY =
  /^(EAGAIN|ECONNREFUSED|ECONNRESET|ENOENT|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|EPIPE|08...|57P0.|53300|57014|25006|40001|40P01)$/;
/** pg reports these three without a code. */
const AWAY_TEXT =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** True for the violation of the unique constraint of that name. */
export function violates(error: unknown, constraint: string): boolean {
  if (!(error instanceof Error)) return false;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const { code, constraint: violated } = cause as { code?: string; constraint?: string };
  return code === UNIQUE_VIOLATION && violated === constraint;
}

/** True when the database can't be reached now: the request may be tried again, nothing is wrong with it. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // TypeORM says so when the connection broke in the middle of a transaction.
  if (error instanceof QueryRunnerAlreadyReleasedError) return true;
  if (error instanceof QueryRunnerProviderAlreadyReleasedError) return true;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (cause instanceof AggregateError) return cause.errors.every(isDatabaseAway);
  const { code, message } = cause as { code?: unknown; message: string };
  return (typeof code === 'string' && AWAY.test(code)) || AWAY_TEXT.test(message);
}
