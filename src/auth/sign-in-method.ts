import type { FactoryProvider, Type } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ContractName } from '../platform/http/contract-name';
import type { Settings, SettingsDefinition } from '../platform/config/settings';
import type { ApiError } from '../platform/http/api-error';
import type { Client } from '../platform/http/client';
import type { MethodName } from '../sessions/method-name';
import type { User } from '../users/user.entity';

/** How `GET /auth/health` names a way to sign in; its order is the order of the answer. */
export const PROVIDERS = [
  'local',
  'google',
  'github',
  'magic-link',
  'pin',
  'wallet',
  'crossmint',
  'oidc',
] as const;

/** Fields that, all present in a body, show which method it is meant for. */
export type Mark = readonly string[];

/** A path that several methods share: which bodies are this one's, and what they hold. */
export interface SharedBody {
  readonly contract: ContractName;
  readonly marks: readonly Mark[];
  /** Marks that count only where the body bears no other method's. */
  readonly weakMarks?: readonly Mark[];
  /** The class of the body: it validates, and stands in the OpenAPI document. */
  readonly body: Type<object>;
  /** Further classes of it, for the OpenAPI document. */
  readonly otherBodies?: readonly Type<object>[];
  /** How it may fail there, beyond what every method's may, for the OpenAPI document. */
  readonly failures?: readonly ApiError[];
}

/** Creates an account with a method's credential. */
export interface Registrar<Body extends object = object> {
  register(body: Body, client: Client): Promise<User>;
}

/** Keeps what a method knows people by. */
export interface CredentialHolder {
  /** Whether a user can sign in by it as things stand. */
  opensFor(userId: string, transaction: EntityManager, method: MethodName): Promise<boolean>;
  /** Removes what it has of a user, within the caller's transaction; whether there was anything. */
  forget(userId: string, transaction: EntityManager, method: MethodName): Promise<boolean>;
  /**
   * Of what is no secret, the same for all that the owner of the account's address need not have added: somebody may have
   * who knew the password. Without it nothing of the method is doubted.
   */
  forgetUnproven?(userId: string, transaction: EntityManager, method: MethodName): Promise<boolean>;
}

/**
 * A way to prove who someone is, as the kernel knows it: a Nest module that holds a Passport strategy.
 * `sign-in-methods.ts` lists them.
 */
export interface SignInMethod {
  /** As its sessions and identities say it; two that lead to the same identities share it. */
  readonly name: MethodName;
  /** Without it the method is not named where clients look for what to offer. */
  readonly provider?: (typeof PROVIDERS)[number];
  readonly module: Type;
  /** The name of its Passport strategy, which yields a `Proof`, or who somebody is elsewhere, which leads to one. */
  readonly strategy: string;
  readonly settings: readonly SettingsDefinition<unknown>[];
  /** Where people have identities of it: whether those of an issuer are good for signing in as things stand. */
  readonly takesIssuer?: (issuer: string, settings: Settings) => boolean;
  /** What people call it, or one of its issuers, where that is not its name. */
  readonly title?: (settings: Settings, issuer: string) => string;
  /** Whether the settings turn it on. One that is off keeps its routes, which say so, and what people have for it. */
  readonly isOn?: (settings: Settings) => boolean;
  /**
   * Keeps what people have for it, a password or an identity. A secret is something that they know, and that somebody
   * else may know too.
   */
  readonly credentials: { readonly holder: Type<CredentialHolder>; readonly secret: boolean };
  /** Set where the method takes part in `POST /auth/login`. */
  readonly login?: SharedBody;
  /** Set where people may register by it, at `POST /auth/register`. */
  readonly register?: SharedBody & { readonly registrar: Type<Registrar<never>> };
}

/** What a strategy yields: who it is, and under which version of the credentials that was proven. */
export interface Proof {
  readonly user: {
    readonly id: string;
    readonly email: string | null;
    readonly name: string | null;
    readonly credentialVersion: number;
  };
  /** By which of the user's, where they have several of the method, and what it is known as: an address, a login. */
  readonly credential?: { readonly id: string; readonly knownAs: string | null };
  /** How long a session may last that is opened by it, in milliseconds, where the proof does not hold for long. */
  readonly longest?: number;
}

/** For `SignInRegistry`: the methods that this server was composed of. */
export const SIGN_IN_METHODS = Symbol('sign-in methods');
export const signInMethodsProvider = (
  methods: readonly SignInMethod[],
): FactoryProvider<readonly SignInMethod[]> => ({ provide: SIGN_IN_METHODS, useFactory: () => methods });

export const isOn = (method: SignInMethod, settings: Settings): boolean => method.isOn?.(settings) ?? true;
