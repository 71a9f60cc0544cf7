import type { Person, TestProvider } from './provider';
import type { TestApp } from './test-app';

/** Where the tests' applications say that they are. */
export const PUBLIC_URL = 'http://localhost:3000';

/** A browser without a screen: keeps cookies by host, and follows redirects when it is told to. */
export class WebAgent {
  private readonly jars = new Map<string, Map<string, string>>();

  constructor(
    private readonly app: Pick<TestApp, 'url'>,
    private readonly provider: Pick<TestProvider, 'url'>,
  ) {}

  /** The cookies that the application has set. */
  get cookies(): Map<string, string> {
    return this.jarOf(this.app.url);
  }

  /** One request; redirects are not followed. */
  async open(address: string, options: RequestInit = {}): Promise<Response> {
    const url = this.reachable(address);
    const jar = this.jarOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie && { cookie }), ...(options.headers as Record<string, string>) };
    const answer = await fetch(url, { redirect: 'manual', ...options, headers });
    for (const line of answer.headers.getSetCookie()) keep(jar, line);
    return answer;
  }

  /** The address that an answer leads to. */
  async locationOf(address: string, options?: RequestInit): Promise<string> {
    const answer = await this.open(address, options);
    const location = answer.headers.get('location');
    if (!location) throw new Error(`${address} answered ${answer.status}: ${await answer.text()}`);
    return new URL(location, this.reachable(address)).href;
  }

  /**
   * From our own address to the callback that the provider sends the browser to, which is not opened.
   * @param person who signs in there; null cancels
   */
  async authorize(start: string, person: Person | null, options?: RequestInit): Promise<string> {
    return this.answerAt(await this.locationOf(start, options), person);
  }

  /** From the provider's address to the callback. */
  async answerAt(authorizationUrl: string, person: Person | null): Promise<string> {
    let next = await this.locationOf(authorizationUrl);
    for (let steps = 0; steps < 10; steps++) {
      const { origin, pathname } = new URL(next);
      if (origin === PUBLIC_URL) return next;
      const choice = pathname.startsWith('/interaction/')
        ? { method: 'POST', body: new URLSearchParams({ person: String(person?.id ?? '') }) }
        : undefined;
      next = await this.locationOf(next, choice);
    }
    throw new Error(`It goes on for ever: ${next}`);
  }

  /** The whole way; what the page at its end is told. */
  async signIn(start: string, person: Person | null, options?: RequestInit): Promise<Record<string, string>> {
    return outcomeOf(await this.locationOf(await this.authorize(start, person, options)));
  }

  private reachable(address: string): string {
    if (address.startsWith('/')) return `${this.app.url}${address}`;
    return address
      .replace(PUBLIC_URL, this.app.url)
      .replace(this.provider.url.replace('127.0.0.1', 'localhost'), this.provider.url);
  }

  private jarOf(url: string): Map<string, string> {
    const { origin } = new URL(url);
    const jar = this.jars.get(origin) ?? new Map<string, string>();
    this.jars.set(origin, jar);
    return jar;
  }
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split('; ');
  const [name = '', value = ''] = pair.split(/=(.*)/s);
  const expired = attributes.some((one) => /^(Max-Age=0|Expires=Thu, 01 Jan 1970)/i.test(one));
  if (expired) jar.delete(name);
  else jar.set(name, value);
}

/** What stands in the fragment of the address where a sign-in ends. */
export const outcomeOf = (location: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(new URL(location).hash.slice(1)));
