import { readFileSync } from 'node:fs';
import { customCleanEnv, type CleanedEnv, type ValidatorSpec } from 'envalid';

/** What the process was given: `process.env`, or a record that a test writes. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Variables = Record<string, ValidatorSpec<unknown>>;
/** Takes a complaint about one variable. All are collected and reported together. */
type Complain = (variable: string, problem: string) => unknown;

/**
 * The environment variables of one subject and what they mean to the code.
 * Each subject keeps its own beside itself; the composition root validates all of them in one go.
 */
export interface SettingsDefinition<T> {
  /** What a provider injects: `@Inject(sessionSettings.token)`. */
  readonly token: symbol;
  readonly variables: readonly string[];
  /** Reads the subject's variables; complains instead of throwing, so that one start names every fault. */
  read(environment: Environment, complain: Complain): T;
}

/** The typed values of a definition: `type SessionSettings = SettingsOf<typeof sessionSettings>`. */
export type SettingsOf<D> = D extends SettingsDefinition<infer T> ? T : never;

/** Every setting that is wrong or missing, in one error, so that one start is enough to mend them all. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`These settings are wrong or missing:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** All settings of a server, read once: what stands behind a `_FILE` may be a pipe. */
export class Settings {
  private constructor(readonly values: ReadonlyMap<symbol, unknown>) {}

  /** @throws SettingsError naming every wrong or missing variable */
  static read(environment: Environment, definitions: readonly SettingsDefinition<unknown>[]): Settings {
    const problems: string[] = [];
    const complain: Complain = (variable, problem) => problems.push(`${variable} ${problem}`);
    const values = new Map(definitions.map((one) => [one.token, one.read(environment, complain)]));
    if (problems.length > 0) throw new SettingsError(problems);
    return new Settings(values);
  }

  of<T>(definition: SettingsDefinition<T>): T {
    return this.values.get(definition.token) as T;
  }
}

interface Definition<V extends Variables, T> {
  readonly variables: V;
  /** Variables that may also come as `<NAME>_FILE`, the path of a file that holds the value. */
  readonly secrets?: readonly (keyof V & string)[];
  /** Names the values for the code and checks what no variable can tell alone. */
  complete(values: Readonly<CleanedEnv<V>>, context: { production: boolean; complain: Complain }): T;
}

export function defineSettings<V extends Variables, T>(
  subject: string,
  definition: Definition<V, T>,
): SettingsDefinition<T> {
  const names = Object.keys(definition.variables);
  return {
    token: Symbol(`${subject} settings`),
    variables: names,
    read(environment, complain) {
      const faulty = new Set<string>();
      const note: Complain = (variable, problem) => {
        if (!faulty.has(variable)) complain(variable, problem);
        faulty.add(variable);
      };
      const given = readGiven(environment, names, definition.secrets ?? [], note);
      const values = validate(given, definition.variables, note);
      // Goes on past a fault, as if that variable were not set, to find those that come after it.
      const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !faulty.has(name)));
      const sound = faulty.size > 0 ? validate(rest, definition.variables, note) : values;
      return definition.complete(sound, { production: isProduction(environment), complain: note });
    },
  };
}

export const isProduction = (environment: Environment): boolean => environment['NODE_ENV'] === 'production';

/** A variable that is set to nothing counts as not set: that is how a copied .env.example looks. */
function readGiven(
  environment: Environment,
  names: readonly string[],
  secrets: readonly string[],
  complain: Complain,
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name]?.trim();
    const file = secrets.includes(name) ? environment[`${name}_FILE`]?.trim() : undefined;
    if (value && file) complain(name, `is set twice: by ${name} and by ${name}_FILE`);
    if (value) given[name] = value;
    if (file) given[name] = readSecret(name, file, complain);
  }
  return given;
}

function readSecret(name: string, file: string, complain: Complain): string {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret === '') complain(`${name}_FILE`, `names an empty file: ${file}`);
    return secret;
  } catch (error) {
    complain(`${name}_FILE`, `can't be read: ${(error as Error).message}`);
    return '';
  }
}

function validate<V extends Variables>(
  given: Record<string, string>,
  variables: V,
  complain: Complain,
): Readonly<CleanedEnv<V>> {
  return customCleanEnv(given, variables, (values) => values, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) {
        if (error) complain(name, error.name === 'EnvMissingError' ? 'is missing' : error.message);
      }
    },
  });
}
