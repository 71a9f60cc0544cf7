import { Inject, Injectable } from '@nestjs/common';
import { ValidationFailed } from '../platform/http/api-error';
import { PROVIDERS, SIGN_IN_METHODS, type Mark, type SignInMethod } from './sign-in-method';

type LoginMethod = SignInMethod & Required<Pick<SignInMethod, 'login'>>;

/** Knows the ways to sign in and finds the one that a request is meant for. */
@Injectable()
export class SignInRegistry {
  private readonly loginMethods: readonly LoginMethod[];

  constructor(@Inject(SIGN_IN_METHODS) private readonly methods: readonly SignInMethod[]) {
    this.loginMethods = methods.filter((method): method is LoginMethod => method.login !== undefined);
    refuseAmbiguity(this.loginMethods);
  }

  get providers(): string[] {
    return PROVIDERS.filter((provider) => this.methods.some((method) => method.provider === provider));
  }

  /**
   * The method that a body of `POST /auth/login` is meant for: the first of the list that finds its mark.
   * Chosen before any guard runs, so that exactly one strategy sees the request.
   * @throws ValidationFailed naming the fields, when the body bears no method's mark
   */
  chooseFor(body: unknown): LoginMethod {
    const chosen = this.loginMethods.find(({ login }) => login.marks.some((mark) => bears(body, mark)));
    if (chosen) return chosen;
    const fields = new Set(this.loginMethods.flatMap(({ login }) => login.marks.flat()));
    const message = `Send the fields of one way to sign in; none of these was found: ${[...fields].join(', ')}`;
    throw new ValidationFailed(
      [...fields].map((field) => ({ field, message: `${field} is missing` })),
      message,
    );
  }
}

const bears = (body: unknown, mark: Mark): boolean =>
  typeof body === 'object' && body !== null && mark.every((field) => Object.hasOwn(body, field));

/** Two methods of which one's mark includes the other's would answer for each other: refuse to start. */
function refuseAmbiguity(methods: readonly LoginMethod[]): void {
  const marks = methods.flatMap(({ name, login }) => login.marks.map((mark) => ({ name, mark })));
  for (const one of marks) {
    for (const other of marks) {
      if (one.name !== other.name && one.mark.every((field) => other.mark.includes(field))) {
        const fields = one.mark.join('+');
        throw new Error(`The sign-in methods ${one.name} and ${other.name} both claim bodies with ${fields}`);
      }
    }
  }
}
