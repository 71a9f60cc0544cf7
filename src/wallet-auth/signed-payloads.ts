import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ValidationFailed } from '../platform/http/api-error';
import { parseBody } from '../platform/http/body.pipe';
import { findAccount, type Account } from './families/chain-families';
import { evm } from './families/evm.family';
import { textOf, type LoginPayload } from './login-payload';
import { LoginPayloadView } from './wallet.dto';
import { InvalidLoginPayload, InvalidNonce } from './wallet.errors';

/** A payload with its signature, as it came; nothing of it is checked but its form. */
export interface SignedPayload extends Account {
  readonly payload: LoginPayload;
  /** The text that was signed. */
  readonly text: string;
  readonly signature: string;
  /** Whether the client has written the text, and not we. */
  readonly ownText: boolean;
}

/** What can be told of a body at no cost: so much is done for anybody, and the rest for who has a nonce of ours. */
export interface UnreadPayload extends Pick<SignedPayload, 'ownText'> {
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

  /** @throws InvalidLoginPayload */
  async open(body: unknown): Promise<UnreadPayload> {
    const given = fieldsOf(body);
    if (!('payload' in given)) return this.openText(given['message'], given['signature']);
    const outer = fieldsOf(given['payload']);
    return 'payload' in outer
      ? openFields(outer['payload'], outer['signature'])
      : openFields(given['payload'], given['signature']);
  }

  private openText(text: unknown, signature: unknown): UnreadPayload {
    if (typeof text !== 'string') throw new InvalidLoginPayload();
    if (text.length > LONGEST_TEXT) throw new InvalidLoginPayload('the message is too long');
    const [, nonce] = /^Nonce: ([0-9A-Za-z]{8,})$/m.exec(text) ?? [];
    if (nonce === undefined) throw new InvalidLoginPayload('the message has no nonce');
    const read = async (): Promise<SignedPayload> => {
      const payload = await this.modules.get(evm.prover, { strict: false }).readText?.(text);
      // A statement may look like a line with a nonce.
      if (payload?.nonce !== nonce) throw new InvalidNonce();
      return { ...accountOf(payload, signature), payload, text, ownText: true };
    };
    return { nonce, ownText: true, read };
  }
}

async function openFields(fields: unknown, signature: unknown): Promise<UnreadPayload> {
  const view = await parseBody(LoginPayloadView, fields).catch((error: unknown) => {
    throw error instanceof ValidationFailed ? new InvalidLoginPayload() : error;
  });
  const payload = payloadOf(view);
  const account = accountOf(payload, signature);
  const signed = { ...account, payload, text: textOf(account.family.title, payload), ownText: false };
  return { nonce: payload.nonce, ownText: false, read: () => Promise.resolve(signed) };
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function accountOf(
  { address, type }: LoginPayload,
  signature: unknown,
): Account & Pick<SignedPayload, 'signature'> {
  const account = findAccount(address, type);
  if (!account || typeof signature !== 'string' || !account.family.isSignature(signature)) {
    throw new InvalidLoginPayload();
  }
  return { ...account, signature };
}

const payloadOf = (view: LoginPayloadView): LoginPayload => ({
  type: view.type ?? evm.type,
  domain: view.domain,
  address: view.address,
  statement: view.statement,
  uri: view.uri ?? '',
  version: view.version ?? '',
  chainId: view.chain_id ?? '',
  nonce: view.nonce ?? '',
  issuedAt: view.issued_at,
  expirationTime: view.expiration_time,
  notBefore: view.invalid_before,
  resources: view.resources,
});

/** The other way round, with the keys in the order in which clients have always seen them. */
export const viewPayload = (payload: LoginPayload): LoginPayloadView => ({
  type: payload.type,
  domain: payload.domain,
  address: payload.address,
  statement: payload.statement,
  uri: payload.uri,
  version: payload.version,
  chain_id: payload.chainId,
  nonce: payload.nonce,
  issued_at: payload.issuedAt,
  expiration_time: payload.expirationTime ?? '',
  invalid_before: payload.notBefore ?? '',
  resources: payload.resources && [...payload.resources],
});
