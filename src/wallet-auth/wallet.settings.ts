import { bool, makeValidator } from 'envalid';
import { baseUrl, duration, upToADay, upToTenSeconds, wholeNumber } from '../platform/config/setting-types';
import { defineSettings, type SettingsOf } from '../platform/config/settings';
import { parseJson } from '../platform/json/parse-json';
import { isPrivateHost } from '../platform/outbound/public-network';

const STATEMENT = 'Please ensure that the domain above matches the URL of the current website.';

/** RFC 3986: a host, and a port where it is not the scheme's own. */
const domain = makeValidator<string>((input) => {
  const url = URL.canParse(`http://${input}`) ? new URL(`http://${input}`) : undefined;
  if (url?.host !== input)
    throw new Error('must be a host as it stands in a URL, as in example.com or example.com:8080');
  return input;
});

/** EIP-4361: what a statement may be written in. */
const statement = makeValidator<string>((input) => {
  if (!/^[\w\-.~:/?#[\]@!$&'()*+,;= ]{1,500}$/.test(input)) {
    throw new Error(
      "must be one line of ASCII letters, digits, spaces and -._~:/?#[]@!$&'()*+,;= (EIP-4361)",
    );
  }
  return input;
});

const resources = makeValidator<readonly string[]>((input) => {
  const list = input.split(',').map((uri) => uri.trim());
  const wrong = list.find((uri) => !URL.canParse(uri) || !/^[\x21-\x7e]+$/.test(uri));
  if (wrong !== undefined) throw new Error(`must list URIs; "${wrong}" is none`);
  return list;
});

/** A bare number is a chain of the EVM. Which chains there are the families know. */
const chains = makeValidator<readonly string[]>((input) =>
  input.split(',').map((entry) => {
    const chain = entry.trim();
    if (/^\d+$/.test(chain)) return `eip155:${chain}`;
    if (/^[a-z0-9]+:[a-zA-Z0-9]+$/.test(chain)) return chain;
    throw new Error(`must list chains, as in 1,137,solana:mainnet; "${chain}" is none`);
  }),
);

/** As in {"1": "https://rpc.example.com/key"}. The complaints don't repeat a URL: it often holds a key. */
const rpcUrls = makeValidator<ReadonlyMap<string, string>>((input) => {
  const given = parseJson(input);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error('must be a JSON object, as in {"1": "https://rpc.example.com/key"}');
  }
  return new Map(
    Object.entries(given).map(([chain, url]) => {
      if (!/^[1-9]\d{0,14}$/.test(chain)) throw new Error(`has a chain ID that is none: "${chain}"`);
      if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
        throw new Error(`must give chain ${chain} a URL that begins with https://`);
      }
      return [chain, url];
    }),
  );
});

export const walletSettings = defineSettings('wallet', {
  variables: {
    WALLET_DOMAIN: domain({ default: undefined }),
    WALLET_URI: baseUrl({ default: undefined }),
    WALLET_STATEMENT: statement({ default: STATEMENT }),
    WALLET_RESOURCES: resources({ default: [] }),
    WALLET_CHAIN_IDS: chains({ default: [] }),
    WALLET_RPC_URLS: rpcUrls({ default: new Map() }),
    WALLET_RPC_PRIVATE: bool({ default: false }),
    WALLET_RPC_TIMEOUT: upToTenSeconds({ default: 5_000 }),
    WALLET_CONTRACT_SESSION_TTL: duration({ default: 7 * 86_400_000 }),
    LIMIT_WALLET_NONCES: wholeNumber(1, 1_000_000)({ default: 100 }),
    LIMIT_WALLET_NONCES_WINDOW: upToADay({ default: 10 * 60_000 }),
  },
  secrets: ['WALLET_RPC_URLS'],
  complete(values, { production, complain }) {
    const urls = values.WALLET_RPC_URLS as ReadonlyMap<string, string>;
    for (const [chain, url] of urls) {
      const { hostname, protocol } = new URL(url);
      if (values.WALLET_RPC_PRIVATE) continue;
      if (isPrivateHost(hostname)) {
        complain('WALLET_RPC_URLS', `leads to a private address for chain ${chain}: see WALLET_RPC_PRIVATE`);
      } else if (production && protocol === 'http:') {
        complain('WALLET_RPC_URLS', `must give chain ${chain} a URL that begins with https://`);
      }
    }
    return {
      /** As the settings say; by default those of PUBLIC_URL. */
      domain: values.WALLET_DOMAIN,
      uri: values.WALLET_URI,
      statement: values.WALLET_STATEMENT,
      resources: values.WALLET_RESOURCES,
      /** As `eip155:1`; empty: all. */
      chains: values.WALLET_CHAIN_IDS,
      rpc: {
        urls,
        allowPrivate: values.WALLET_RPC_PRIVATE,
        /** For all that is asked of a chain in one sign-in, in milliseconds. */
        timeout: values.WALLET_RPC_TIMEOUT,
      },
      contractSessionTtl: values.WALLET_CONTRACT_SESSION_TTL,
      nonces: { most: values.LIMIT_WALLET_NONCES, window: values.LIMIT_WALLET_NONCES_WINDOW },
    };
  },
});

export type WalletSettings = SettingsOf<typeof walletSettings>;
