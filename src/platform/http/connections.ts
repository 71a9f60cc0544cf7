import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Announces the sockets of every server of the process: "localhost" may make Fastify listen on two. */
const ACCEPTED = 'net.server.socket';

/**
 * Lets a closing server end in the time of its longest request. Node would wait for connections that never
 * asked anything, and for the keep-alive of those whose request has just been answered.
 */
export function closeQuietConnections(fastify: FastifyInstance): void {
  const underWay = new Map<Socket, number>();
  let closing = false;
  const accept = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    underWay.set(socket, 0);
    socket.once('close', () => underWay.delete(socket));
  };
  const count = (socket: Socket, change: 1 | -1) => {
    const requests = (underWay.get(socket) ?? 0) + change;
    if (underWay.has(socket)) underWay.set(socket, requests);
    if (closing && requests === 0) socket.destroySoon();
  };

  subscribe(ACCEPTED, accept);
  fastify.addHook('onRequest', (request, _reply, done) => {
    count(request.raw.socket, 1);
    done();
  });
  fastify.addHook('onResponse', (request, _reply, done) => {
    count(request.raw.socket, -1);
    done();
  });
  fastify.addHook('preClose', (done) => {
    closing = true;
    unsubscribe(ACCEPTED, accept);
    for (const [socket, requests] of underWay) if (requests === 0) socket.destroy();
    done();
  });
}
