import { Injectable, Module } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ProofStrategy } from '../src/auth/proof.strategy';
import { SignInRegistry } from '../src/auth/sign-in-registry';
import { Settings } from '../src/platform/config/settings';
import type { CredentialHolder, Mark, Proof, SignInMethod } from '../src/auth/sign-in-method';
import { UsersModule } from '../src/users/users.module';
import { UsersService } from '../src/users/users.service';
import { signInMethods } from '../src/sign-in-methods';
import { bearer, GOOD_PASSWORD, register } from './support/builders';
import { useApp } from './support/test-app';

/** A made-up way to sign in: whoever says the magic word is who they say. One folder and one line, as promised. */
@Injectable()
class WordStrategy extends PassportStrategy(ProofStrategy, 'word') {
  constructor(private readonly users: UsersService) {
    super();
  }

  async validate(request: FastifyRequest): Promise<Proof | null> {
    const { word, who } = request.body as Record<string, string>;
    const user = word === 'please' ? await this.users.findByEmail(who ?? '') : null;
    return user && { user };
  }
}

/** What people have for it is the word, which everybody has. */
@Injectable()
class Words implements CredentialHolder {
  opensFor = () => Promise.resolve(true);
  forget = () => Promise.resolve(false);
}

@Module({ imports: [UsersModule], providers: [WordStrategy, Words] })
class WordModule {}

class WordBody {
  word: string;
}

const wordMethod = (marks: readonly Mark[] = [['word']]): SignInMethod => ({
  name: 'magic-link',
  provider: 'magic-link',
  module: WordModule,
  strategy: 'word',
  settings: [],
  credentials: { holder: Words, secret: false },
  login: { contract: 'wire', marks, body: WordBody },
});

describe('the seam for sign-in methods', () => {
  const app = useApp({ methods: [...signInMethods, wordMethod()] });

  it('a new method signs in through the one gate', async () => {
    const { id, email } = await register(app);
    const { body } = await app.http.post('/auth/login').send({ word: 'please', who: email }).expect(200);
    expect(body).toEqual({
      user: { _id: id, email, name: null },
      token: expect.any(String),
      refreshToken: expect.any(String),
    });
    const [session] = await app.database.query(
      'SELECT method FROM sessions ORDER BY created_at DESC LIMIT 1',
    );
    expect(session.method).toBe('magic-link');
    await app.http
      .get('/auth/me')
      .set(...bearer(body.token))
      .expect(200);
  });

  it('[A3] the gate refuses a disabled account whatever the method says', async () => {
    const { id, email } = await register(app);
    await app.database.query('UPDATE users SET disabled_at = now() WHERE id = $1', [id]);
    await app.http.post('/auth/login').send({ word: 'please', who: email }).expect(401);
  });

  it('a proof that fails opens nothing', async () => {
    const { email } = await register(app);
    await app.http.post('/auth/login').send({ word: 'now', who: email }).expect(401);
  });

  it('health names it', async () => {
    const { body } = await app.http.get('/auth/health');
    expect(body.providers).toEqual(['local', 'magic-link', 'pin', 'wallet', 'crossmint']);
  });

  it('the body chooses one method, the first of the list that finds its mark', async () => {
    const { email } = await register(app);
    await app.http.post('/auth/login').send({ email, password: GOOD_PASSWORD, word: 'now' }).expect(200);
    await app.http.post('/auth/login').send({ email, word: 'please', who: email }).expect(400);
  });

  it('two methods that claim the same bodies refuse to start', () => {
    for (const marks of [[['email']], [['password', 'code']]]) {
      expect(() => new SignInRegistry([...signInMethods, wordMethod(marks)], Settings.read({}, []))).toThrow(
        /both claim bodies with/,
      );
    }
  });
});
