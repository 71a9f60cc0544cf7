import { Inject, Injectable } from '@nestjs/common';
import { ValidationFailed } from '../platform/http/api-error';
import { Settings } from '../platform/config/settings';
import {
  isOn,
  PROVIDERS,
  SIGN_IN_METHODS,
  type Mark,
  type SharedBody,
  type SignInMethod,
} from './sign-in-method';

type Dispatched = 'login' | 'register';
export type MethodWith<P extends Dispatched> = SignInMethod & Required<Pick<SignInMethod, P>>;

export const methodsWith = <P extends Dispatched>(
  path: P,
  methods: readonly SignInMethod[],
): readonly MethodWith<P>[] =>
  methods.filter((method): method is MethodWith<P> => method[path] !== undefined);

/** Knows the ways to sign in and finds the one that a request is meant for. */
@Injectable()
export class SignInRegistry {
  constructor(
    @Inject(SIGN_IN_METHODS) private readonly methods: readonly SignInMethod[],
    private readonly settings: Settings,
  ) {
    refuseAmbiguity('login', methods);
    refuseAmbiguity('register', methods);
  }

  get providers(): string[] {
    const on = this.methods.filter((method) => isOn(method, this.settings));
    return PROVIDERS.filter((provider) => on.some((method) => method.provider === provider));
  }

  /**
   * The method that a body of `POST /auth/login` or `/auth/register` is meant for: the first of the list that finds its
   * mark. For a login it is chosen before any guard runs, so that exactly one strategy sees the request.
   * @throws ValidationFailed naming the fields, when the body bears no method's mark
   */
  chooseFor<P extends Dispatched>(path: P, body: unknown): MethodWith<P> {
    const methods = methodsWith(path, this.methods);
    const shared = (method: SignInMethod) => method[path] as SharedBody;
    const marked = methods.filter((method) => shared(method).marks.some((mark) => bears(body, mark)));
    // Of two secrets one would be dropped without a word, and the account could not be signed in to by it.
    if (path === 'register' && marked.length > 1) throw tooMany(marked.map(shared));
    const chosen =
      marked[0] ?? methods.find((method) => shared(method).weakMarks?.some((mark) => bears(body, mark)));
    if (chosen) return chosen;
    const fields = new Set(methods.flatMap((method) => shared(method).marks.flat()));
    const message = `Send the fields of one way to sign in; none of these was found: ${[...fields].join(', ')}`;
    throw new ValidationFailed(
      [...fields].map((field) => ({ field, message: `${field} is missing` })),
      message,
    );
  }
}

const tooMany = (shared: readonly SharedBody[]): ValidationFailed => {
  const fields = shared.map(({ marks }) => marks.flat().join(', '));
  const message = `Register in one way: with ${fields.join(', or with ')}`;
  return new ValidationFailed(
    fields.map((field) => ({ field, message })),
    message,
  );
};

const bears = (body: unknown, mark: Mark): boolean =>
  typeof body === 'object' && body !== null && mark.every((field) => Object.hasOwn(body, field));

/** Two methods of which one's mark includes the other's would answer for each other: refuse to start. */
function refuseAmbiguity(path: Dispatched, methods: readonly SignInMethod[]): void {
  const marks = methodsWith(path, methods).flatMap(({ name, [path]: shared }) =>
    shared.marks.map((mark) => ({ name, mark })),
  );
  for (const one of marks) {
    for (const other of marks) {
      if (one.name !== other.name && one.mark.every((field) => other.mark.includes(field))) {
        const fields = one.mark.join('+');
        throw new Error(`The sign-in methods ${one.name} and ${other.name} both claim bodies with ${fields}`);
      }
    }
  }
}
