import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpSettings } from './http.settings';

/** For cookies that pages of other sites send along too; browsers take that over https alone. */
export const crossSiteAttributes = ({ server }: FastifyReply): CookieSerializeOptions => ({
  sameSite: server.servesHttps ? 'none' : 'lax',
});

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether clients reach this server by https. */
    servesHttps: boolean;
  }
}

/** The attributes of every cookie of ours, used for setting and, by the same plugin, for deleting. */
export const cookieAttributes = ({ publicUrl, cookieDomain }: HttpSettings): CookieSerializeOptions => ({
  path: '/',
  httpOnly: true,
  sameSite: 'lax',
  secure: publicUrl.startsWith('https:'),
  ...(cookieDomain && { domain: cookieDomain }),
});

/**
 * All values that a request has for one name. More than one means that cookies of two domains or paths lie over
 * each other; which of them is meant can't be told (RFC 6265, 4.2.2), so the caller refuses them.
 */
export const cookieValues = ({ headers }: Pick<FastifyRequest, 'headers'>, name: string): string[] =>
  (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));

/** The names of a request's cookies, each once. */
export const cookieNames = ({ headers }: Pick<FastifyRequest, 'headers'>): string[] => [
  ...new Set((headers.cookie ?? '').split(';').map((pair) => pair.split('=')[0]?.trim() ?? '')),
];

/**
 * Deletes a cookie that lies over another of its name: as one of the host alone, and for every domain that this
 * server may ever have set one for. Without it a change of COOKIE_DOMAIN would lock people out for good.
 */
export function forgetEverywhere(reply: FastifyReply, name: string, { publicUrl }: HttpSettings): void {
  const labels = new URL(publicUrl).hostname.split('.');
  const domains = labels
    .map((_, index) => labels.slice(index).join('.'))
    .filter((domain) => domain.includes('.'));
  for (const domain of [undefined, ...domains])
    void reply.clearCookie(name, { ...crossSiteAttributes(reply), domain });
}
