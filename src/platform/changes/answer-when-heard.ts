import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SAFE } from '../http/cross-site';
import type { ChangeFeed } from './change-feed';

/**
 * Answers a request that may have changed what instances keep in memory when this instance has heard of it: then the next
 * request finds it changed here, and the notification is on its way to all others. Mostly this takes a millisecond.
 */
export function answerWhenHeard(fastify: FastifyInstance, feed: ChangeFeed): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    const begun = performance.now() - reply.elapsedTime;
    if (isRead(request) || !feed.hasChangedSince(begun)) return done();
    void feed.caughtUp().then(() => done());
  });
}

/** Of somebody with a session: it changes nothing. The callback of a provider is a GET as well, but of nobody. */
const isRead = (request: FastifyRequest & { user?: unknown }): boolean =>
  SAFE.has(request.method) && request.user !== undefined;
