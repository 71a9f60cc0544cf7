/** What a person signs, whatever chain their wallet is of (CAIP-122; for Ethereum EIP-4361). Times in RFC 3339. */
export interface LoginPayload {
  /** The family of chains. */
  readonly type: string;
  readonly scheme?: string;
  /** The host, and port, that asks for the sign-in. */
  readonly domain: string;
  /** As it was signed. */
  readonly address: string;
  readonly statement?: string;
  readonly uri: string;
  readonly version: string;
  readonly chainId: string;
  readonly nonce: string;
  readonly issuedAt: string;
  readonly expirationTime?: string;
  readonly notBefore?: string;
  readonly resources?: readonly string[];
}

/**
 * The text that a wallet shows and signs (CAIP-122; the layout of EIP-4361, without a final line feed).
 * @param title what the family of chains is called there: `Ethereum`
 */
export function textOf(title: string, payload: LoginPayload): string {
  const { domain, address, statement, resources } = payload;
  const fields = [
    ['URI', payload.uri],
    ['Version', payload.version],
    ['Chain ID', payload.chainId],
    ['Nonce', payload.nonce],
    ['Issued At', payload.issuedAt],
    ['Expiration Time', payload.expirationTime],
    ['Not Before', payload.notBefore],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  const listed = resources === undefined ? [] : ['Resources:', ...resources.map((uri) => `- ${uri}`)];
  return [
    `${domain} wants you to sign in with your ${title} account:`,
    address,
    '',
    ...(statement ? [statement] : []),
    '',
    ...fields,
    ...listed,
  ].join('\n');
}
