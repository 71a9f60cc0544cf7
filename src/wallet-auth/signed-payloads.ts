import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ValidationFailed } from '../platform/http/api-error';
import { parseBody } from '../platform/http/body.pipe';
import { chainFamilies, findAddress, type WalletAddress } from './families/chain-families';
import { evm } from './families/evm.family';
import { textOf, type LoginPayload } from './login-payload';
import { LoginPayloadBody, type LoginPayloadView } from './wallet.dto';
import { InvalidLoginPayload, InvalidNonce } from './wallet.errors';

/** A payload with its signature, as it came; nothing of it is checked but its form. */
export interface SignedPayload extends WalletAddress {
  readonly payload: LoginPayload;
  /** The text that was signed. */
  readonly text: string;
  readonly signature: string;
  /** Whether the client has written the text, and not we. */
  readonly ownText: boolean;
}

/** A body of a sign-in, of which no more is known than its nonce. */
export interface UnreadPayload extends Pick<SignedPayload, 'ownText'> {
  /** Empty where it has none. */
  readonly nonce: string;
  /**
   * @throws InvalidLoginPayload
   * @throws Busy
   */
  read(): Promise<SignedPayload>;
}

/** Characters. Reading takes some microseconds for each. */
const LONGEST_TEXT = 4_096;

/** Opens the three bodies of a sign-in: `{payload: {payload, signature}}`, `{payload, signature}`, `{message, signature}`. */
@Injectable()
export class SignedPayloads {
  constructor(private readonly modules: ModuleRef) {}

  /** So much is done for anybody; the rest, which costs, for who has a nonce of ours. */
  open(body: unknown): UnreadPayload {
    const given = fieldsOf(body);
    if (!('payload' in given)) {
      const { message, signature } = given;
      const ownText = typeof message === 'string';
      return { nonce: nonceIn(message), ownText, read: () => this.readText(message, signature) };
    }
    const outer = fieldsOf(given['payload']);
    const { payload, signature } = 'payload' in outer ? outer : given;
    const { nonce } = fieldsOf(payload);
    const read = () => readFields(payload, signature);
    return { nonce: typeof nonce === 'string' ? nonce : '', ownText: false, read };
  }

  private async readText(text: unknown, signature: unknown): Promise<SignedPayload> {
    if (typeof text !== 'string') throw new InvalidLoginPayload();
    if (text.length > LONGEST_TEXT) throw new InvalidLoginPayload('the message is too long');
    const [first = ''] = text.split('\n', 1);
    const family = chainFamilies.find(({ title }) => first.endsWith(` ${title} account:`)) ?? evm;
    const prover = this.modules.get(family.prover, { strict: false });
    const payload = await prover.readText?.(text);
    if (!payload) throw new InvalidLoginPayload(`messages of ${family.title} are not read; send the payload`);
    // A statement may look like the line with the nonce, which was spent.
    if (payload.nonce !== nonceIn(text)) throw new InvalidNonce();
    return { ...addressOf(payload, signature), payload, text, ownText: true };
  }
}

const nonceIn = (text: unknown): string =>
  /^Nonce: ([0-9A-Za-z]+)$/m.exec(typeof text === 'string' ? text : '')?.[1] ?? '';

async function readFields(fields: unknown, signature: unknown): Promise<SignedPayload> {
  const body = await parseBody(LoginPayloadBody, fields).catch((error: unknown) => {
    throw error instanceof ValidationFailed ? new InvalidLoginPayload() : error;
  });
  const payload = payloadOf(body);
  const address = addressOf(payload, signature);
  return { ...address, payload, text: textOf(address.family.title, payload), ownText: false };
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function addressOf(
  { address, type }: LoginPayload,
  signature: unknown,
): WalletAddress & Pick<SignedPayload, 'signature'> {
  const found = findAddress(address, type);
  if (!found || typeof signature !== 'string' || !found.family.isSignature(signature)) {
    throw new InvalidLoginPayload();
  }
  return { ...found, signature };
}

const payloadOf = (body: LoginPayloadBody): LoginPayload => ({
  type: body.type ?? evm.type,
  domain: body.domain,
  address: body.address,
  statement: body.statement,
  uri: body.uri ?? '',
  version: body.version ?? '',
  chainId: body.chain_id ?? '',
  nonce: body.nonce ?? '',
  issuedAt: body.issued_at,
  expirationTime: body.expiration_time,
  notBefore: body.invalid_before,
  resources: body.resources,
});

/** The other way round, with the keys in the order in which clients have always seen them. */
export const viewPayload = (payload: LoginPayload): LoginPayloadView => ({
  type: payload.type,
  domain: payload.domain,
  address: payload.address,
  statement: payload.statement ?? '',
  uri: payload.uri,
  version: payload.version,
  chain_id: payload.chainId,
  nonce: payload.nonce,
  issued_at: payload.issuedAt,
  expiration_time: payload.expirationTime ?? '',
  invalid_before: payload.notBefore ?? '',
  ...(payload.resources && { resources: [...payload.resources] }),
});
