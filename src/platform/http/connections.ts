import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Announces the sockets of every server of the process: "localhost" may make Fastify listen on two. */
const ACCEPTED = 'net.server.socket';

/**
 * Lets a closing server end in the time of its longest request, and no later than after a grace. Node would
 * wait for connections that never asked anything, for requests whose body never comes, and for the
 * keep-alive of those that have just been answered.
 * @param grace milliseconds
 */
export function closeQuietConnections(fastify: FastifyInstance, grace: number): void {
  const underWay = new Map<Socket, Set<IncomingMessage>>();
  let closing = false;
  const accept = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    if (closing) return void socket.destroy();
    underWay.set(socket, new Set());
    socket.once('close', () => underWay.delete(socket));
  };
  const cut = (worthWaiting: (request: IncomingMessage) => boolean) => {
    for (const [socket, requests] of underWay) if (![...requests].some(worthWaiting)) socket.destroy();
  };

  subscribe(ACCEPTED, accept);
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    underWay.get(raw.socket)?.add(raw);
    done();
  });
  fastify.addHook('onResponse', ({ raw }, _reply, done) => {
    const requests = underWay.get(raw.socket);
    requests?.delete(raw);
    if (closing && requests?.size === 0) raw.socket.destroySoon();
    done();
  });
  fastify.addHook('preClose', (done) => {
    closing = true;
    cut((request) => request.complete);
    setTimeout(cut, grace, () => false).unref();
    done();
  });
  fastify.addHook('onClose', (_instance, done) => {
    unsubscribe(ACCEPTED, accept);
    done();
  });
}
