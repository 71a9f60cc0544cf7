import { isIP } from 'node:net';
import { host, port, str } from 'envalid';
import { defineSettings, type SettingsOf } from '../config/settings';
import { baseUrl, origins } from '../config/setting-types';

export const httpSettings = defineSettings('http', {
  variables: {
    PORT: port({ default: 3000 }),
    HOST: host({ default: undefined }),
    PUBLIC_URL: baseUrl({ default: undefined }),
    TRUST_PROXY: str({ default: undefined }),
    CORS_ORIGINS: origins({ default: [] }),
    COOKIE_DOMAIN: str({ default: undefined }),
  },
  complete(values, { production, complain }) {
    if (production && !values.PUBLIC_URL) {
      complain(
        'PUBLIC_URL',
        'is missing; it is where clients reach this server, and the issuer of its tokens',
      );
    }
    const publicUrl = values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;
    return {
      port: values.PORT,
      host: values.HOST ?? (production ? '0.0.0.0' : 'localhost'),
      publicUrl,
      trustProxy: trustProxy(values.TRUST_PROXY, complain),
      corsOrigins: values.CORS_ORIGINS,
      cookieDomain: cookieDomain(values.COOKIE_DOMAIN, publicUrl, complain),
    };
  },
});

export type HttpSettings = SettingsOf<typeof httpSettings>;

/** A browser drops a cookie for a domain that the server's own name is not in: better said at the start. */
function cookieDomain(
  given: string | undefined,
  publicUrl: string,
  complain: (variable: string, problem: string) => void,
) {
  const domain = given?.toLowerCase().replace(/^\./, '');
  if (domain === undefined) return undefined;
  const { hostname } = new URL(publicUrl);
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain) && `.${hostname}`.endsWith(`.${domain}`)) return domain;
  complain('COOKIE_DOMAIN', `must be the host of PUBLIC_URL (${hostname}) or a domain above it`);
  return undefined;
}

/**
 * A number of hops, or networks in CIDR form; not set: no proxy is trusted. Fastify takes a bare number for
 * none at all, hence the function: the nearest address is hop 0.
 */
function trustProxy(given: string | undefined, complain: (variable: string, problem: string) => void) {
  if (!given) return false;
  if (/^\d+$/.test(given)) return (_address: string, hop: number) => hop < Number(given);
  const networks = given.split(',').map((network) => network.trim());
  if (networks.every(isNetwork)) return networks;
  complain('TRUST_PROXY', 'must be a number of hops or a list of networks, as in 10.0.0.0/8,fd00::/8');
  return false;
}

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}
