import { createConnection, createServer, type NetConnectOpts, type Socket } from 'node:net';

/** Stands between a server and something that it speaks to, and lets a test cut, hold up or count what passes. */
export interface TcpProxy {
  readonly port: number;
  /** Bytes that clients have sent so far. */
  sent(): number;
  /** Ends all connections; new ones are taken. */
  cut(): void;
  /** From now on nothing passes, and nobody is told; what comes is kept, or lost. */
  silence(): void;
  /** All goes on, but for what was lost. */
  restore(): void;
  /** Holds up what comes back by so many milliseconds. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly target: Socket;
}

export async function startProxy(target: NetConnectOpts): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let bytes = 0;
  let isSilent = false;
  let wait = 0;
  const server = createServer((client) => {
    const pair = { client, target: createConnection(target) };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      pair.target.destroy();
    };
    for (const socket of [client, pair.target]) socket.on('close', end).on('error', end);
    client.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (!isSilent) pair.target.write(chunk);
    });
    pair.target.on('data', (chunk: Buffer) => {
      if (isSilent) return;
      if (wait === 0) client.write(chunk);
      else setTimeout(() => client.writable && client.write(chunk), wait);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => pairs.forEach(({ client }) => client.destroy());
  return {
    port: (server.address() as { port: number }).port,
    sent: () => bytes,
    cut,
    silence: () => (isSilent = true),
    restore: () => {
      isSilent = false;
      wait = 0;
    },
    delay: (milliseconds) => (wait = milliseconds),
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
