import { isIP } from 'node:net';
import { host, port, str } from 'envalid';
import { defineSettings, type SettingsOf } from '../config/settings';
import { baseUrl } from '../config/setting-types';

export const httpSettings = defineSettings('http', {
  variables: {
    PORT: port({ default: 3000 }),
    HOST: host({ default: undefined }),
    PUBLIC_URL: baseUrl({ default: undefined }),
    TRUST_PROXY: str({ default: undefined }),
  },
  complete(values, { production, complain }) {
    if (production && !values.PUBLIC_URL) {
      complain(
        'PUBLIC_URL',
        'is missing; it is where clients reach this server, and the issuer of its tokens',
      );
    }
    return {
      port: values.PORT,
      host: values.HOST ?? (production ? '0.0.0.0' : 'localhost'),
      publicUrl: values.PUBLIC_URL ?? `http://localhost:${values.PORT}`,
      trustProxy: trustProxy(values.TRUST_PROXY, complain),
    };
  },
});

export type HttpSettings = SettingsOf<typeof httpSettings>;

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
