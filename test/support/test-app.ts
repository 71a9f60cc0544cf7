import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { AppModule, settingsOf } from '../../src/app.module';
import type { SignInMethod } from '../../src/auth/sign-in-method';
import { configureApp, httpAdapter } from '../../src/configure-app';
import { Settings, type Environment } from '../../src/platform/config/settings';
import { ChangeFeed } from '../../src/platform/changes/change-feed';
import { Clock } from '../../src/platform/clock/clock';
import { Jobs } from '../../src/platform/jobs/jobs';
import { signInMethods } from '../../src/sign-in-methods';
import { watchConformance } from './conformance';
import { freshDatabase } from './database';
import { freshDataDir } from './data-dir';
import { TestClock } from './test-clock';

export interface TestApp {
  readonly nest: NestFastifyApplication;
  readonly clock: TestClock;
  readonly database: DataSource;
  readonly url: string;
  readonly databaseUrl: string;
  /** Supertest on the listening server. */
  readonly http: ReturnType<typeof request>;
  readonly violations: string[];
  /** As `GET /auth/me`, without the HEAD that comes with each GET. */
  readonly routes: readonly string[];
}

/** All tests of a file come from one address. */
export const NO_LIMITS = {
  LIMIT_REGISTRATIONS: '1000000',
  LIMIT_ADDRESS_FAILURES: '1000000',
  LIMIT_MAILS_TO_ONE: '1000000',
  LIMIT_MAILS_FROM_ADDRESS: '1000000',
  LIMIT_OAUTH_STARTS: '1000000',
  LIMIT_WALLET_NONCES: '1000000',
  LIMIT_EXCHANGES: '1000000',
};

export const TEST_SECRET = 'a secret of the tests, long enough to be taken';

/**
 * Only the clock is replaced; database, hashing and HTTP are real. Passport keeps its strategies in one registry
 * per process, so in one test file the application that was started last has them: start one after the other.
 */
export async function startApp(
  given: { environment?: Environment; methods?: readonly SignInMethod[]; port?: number } = {},
): Promise<TestApp> {
  const environment: Environment = {
    DATABASE_URL: await freshDatabase(),
    APP_SECRET: TEST_SECRET,
    PUBLIC_URL: 'http://localhost:3000',
    BCRYPT_COST: '4',
    DATABASE_TIMEOUT: '15s',
    LOG_LEVEL: 'silent',
    DATA_DIR: freshDataDir(),
    ...NO_LIMITS,
    ...given.environment,
  };
  const methods = given.methods ?? signInMethods;
  const settings = Settings.read(environment, settingsOf(methods));
  const clock = new TestClock();
  const module = await Test.createTestingModule({
    imports: [AppModule.compose(settings, methods)],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .setLogger(false as never)
    .compile();
  const nest = module.createNestApplication<NestFastifyApplication>(httpAdapter(settings), {
    bodyParser: false,
  });
  const routes: string[] = [];
  nest
    .getHttpAdapter()
    .getInstance()
    .addHook(
      'onRoute',
      ({ method, path }) => void routes.push(...[method].flat().map((verb) => `${verb} ${path}`)),
    );
  await configureApp(nest);
  const violations = watchConformance(nest);
  await nest.listen(given.port ?? 0, '127.0.0.1').catch(async (error: unknown) => {
    await nest.close();
    throw error;
  });
  nest.get(Jobs).start();
  const url = await nest.getUrl();
  return {
    nest,
    clock,
    database: heardBy(nest),
    url,
    databaseUrl: environment['DATABASE_URL'] ?? '',
    http: request(url),
    violations,
    routes: routes.filter((route) => !route.startsWith('HEAD')),
  };
}

/** The database as an operator changes it: the next request comes when the server has heard of the change. */
function heardBy(nest: NestFastifyApplication): DataSource {
  const query = async (database: DataSource, ...given: Parameters<DataSource['query']>) => {
    const rows: unknown = await database.query(...given);
    if (!/^\s*SELECT/i.test(given[0])) await nest.get(ChangeFeed).caughtUp();
    return rows;
  };
  return new Proxy(nest.get(DataSource), {
    get: (database, name) =>
      name === 'query' ? query.bind(undefined, database) : (Reflect.get(database, name) as unknown),
  });
}

/** An application for all tests of a file; each test also fails on an answer that the API document does not name. */
export function useApp(given?: Parameters<typeof startApp>[0]): TestApp {
  const app = {} as { -readonly [K in keyof TestApp]: TestApp[K] };
  beforeAll(async () => void Object.assign(app, await startApp(given)));
  afterEach(() => expect(app.violations.splice(0)).toEqual([]));
  afterAll(() => app.nest?.close());
  return app;
}
