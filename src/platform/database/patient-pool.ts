import type { Socket } from 'node:net';
import pg, { Client, Pool, type PoolClient, type PoolConfig } from 'pg';

/** By how much we wait longer than the server's own limit: what it ends itself costs no connection. In milliseconds. */
const MARGIN = 500;
/** How long a connection may take to come where statements may take as long as they do. In milliseconds. */
const LOGIN_PATIENCE = 5_000;
/** How often one is let through to look whether a silent database speaks again, in ms. */
const LOOK_EVERY = 1_000;
/** Time for what arrived while we were held up ourselves to be read. In milliseconds. */
const SECOND_LOOK = 50;

/** The database does not answer, though it has not gone: it hangs, or the network between swallows everything. */
export class DatabaseSilent extends Error {
  /** As of a socket. */
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('The database does not answer');
  }
}

/** What the connections of one pool know together of the database. */
class Line {
  readonly clients = new Set<PatientClient>();
  private nextLook = 0;
  private silent = false;

  /** @param patience how long a statement may take, in ms */
  constructor(readonly patience: number) {}

  heard(): void {
    this.silent = false;
  }

  /** Idle connections would be as silent as this one, each for somebody who waits in vain. */
  fellSilent(): void {
    this.silent = true;
    for (const client of this.clients) if (client.isIdle) client.drop();
  }

  /** While it is silent nobody waits but one in a second, who looks. */
  refuses(): boolean {
    if (!this.silent) return false;
    const now = performance.now();
    if (now < this.nextLook) return true;
    this.nextLook = now + LOOK_EVERY;
    return false;
  }
}

interface LinedConfig extends PoolConfig {
  readonly line?: Line;
}

/**
 * A connection whose end is nobody's business but of the query that it carries. The pool takes its own listener away
 * before it hands a connection out; when the database cuts it just then, nobody would listen, and the process would end.
 * It ends by itself when an answer does not begin to come.
 */
export class PatientClient extends Client {
  constructor(config: LinedConfig = {}) {
    super(config);
    const { line } = config;
    this.on('error', () => undefined);
    if (!line) return;
    const { stream } = this;
    this.watch(stream, line);
    this.once('connect', () => {
      line.clients.add(this);
      // With TLS it is another by now.
      if (this.stream !== stream) this.watch(this.stream, line);
      this.stream.on('data', () => line.heard());
    });
    this.once('end', () => line.clients.delete(this));
  }

  /** Connected, and without a statement under way. */
  get isIdle(): boolean {
    return (this as unknown as { readyForQuery: boolean | null }).readyForQuery === true;
  }

  drop(): void {
    this.stream.destroy(new DatabaseSilent());
  }

  private get stream(): Socket {
    return (this.connection as unknown as { stream: Socket }).stream;
  }

  private watch(stream: Socket, line: Line): void {
    stream.setTimeout(line.patience + MARGIN);
    stream.on('timeout', () => {
      // What begins while we look a second time has not been silent for long.
      if (this.isIdle) return;
      const { bytesRead } = stream;
      setTimeout(() => {
        if (stream !== this.stream || this.isIdle || stream.bytesRead !== bytesRead) return;
        line.fellSilent();
        this.drop();
      }, SECOND_LOOK);
    });
  }
}

type Taken = (error: Error | undefined, client: PoolClient | undefined, release: () => void) => void;

/** Hands no connection out while the database is silent, but to one that looks. */
class PatientPool extends Pool {
  override connect(): Promise<PoolClient>;
  override connect(taken: Taken): void;
  override connect(taken?: Taken): Promise<PoolClient> | void {
    const { line } = this.options as LinedConfig;
    if (!line?.refuses()) return taken ? super.connect(taken) : super.connect();
    if (!taken) return Promise.reject(new DatabaseSilent());
    setImmediate(() => taken(new DatabaseSilent(), undefined, () => undefined));
  }
}

/** `pg`, as TypeORM takes it for its driver. */
export const patientDriver = { ...pg, Pool: PatientPool };

/** For poolers that know no prepared statements: none is named, so each is parsed at each call. */
class NamelessClient extends PatientClient {
  constructor(config?: LinedConfig) {
    super(config);
    const query = this.query.bind(this) as (...given: unknown[]) => unknown;
    const nameless = (first: unknown, ...rest: unknown[]) =>
      query(isNamed(first) ? { ...first, name: undefined } : first, ...rest);
    this.query = nameless as Client['query'];
  }
}

const isNamed = (query: unknown): query is object =>
  typeof query === 'object' && query !== null && 'name' in query;

interface Options {
  /** How long a statement may take, in ms; not given: as long as it takes. */
  readonly patience?: number;
  readonly preparedStatements: boolean;
}

/** What TypeORM gives on to the pool. */
export function patientOptions({ patience, preparedStatements }: Options): object {
  const client = { Client: preparedStatements ? PatientClient : NamelessClient };
  if (patience === undefined) return { ...client, connectionTimeoutMillis: LOGIN_PATIENCE };
  return {
    ...client,
    line: new Line(patience),
    connectionTimeoutMillis: patience + 2 * MARGIN,
    // By a statement, because poolers refuse settings that come with the login.
    onConnect: (connected: Client) => connected.query(`SET statement_timeout = ${patience}`),
  };
}
