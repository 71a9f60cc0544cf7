import { hash, verify } from '@node-rs/argon2';
import { composed, eitherForm, type OwnFormat } from '../hash-format';

/** The PHC string, with Django's name before it: `argon2$argon2id$v=19$m=65536,t=3,p=1$<salt>$<digest>`. */
const FORMAT =
  /^(?:argon2)?(\$argon2(?:id|i|d)(?:\$v=(?:16|19))?\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,7})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86}))$/;

export const MIB = 1024;
/** In MiB: what one check may hold in memory, and how much it may write there in all its passes (about a second). */
export const [MOST_MEMORY, MOST_WRITTEN] = [256, 1024];
const MOST_LANES = 16;

interface Parameters {
  /** In MiB. */
  readonly memory: number;
  readonly passes: number;
}

interface Read {
  readonly phc: string;
  /** In KiB, as the string has it. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
  readonly encoded: readonly string[];
}

/** Argon2 (RFC 9106). New hashes are argon2id with one lane, so that one hash is the work of one core. */
export class Argon2 implements OwnFormat {
  constructor(private readonly parameters: Parameters) {}

  recognises(stored: string): boolean {
    return FORMAT.test(stored);
  }

  faultOf(stored: string): string | undefined {
    const { memory, passes, lanes, encoded } = read(stored);
    if (lanes < 1 || lanes > MOST_LANES)
      return `has ${lanes} lanes of argon2; 1 to ${MOST_LANES} are checked`;
    if (memory > MOST_MEMORY * MIB)
      return `needs ${memory} KiB for argon2; at most ${MOST_MEMORY * MIB} are given`;
    if (passes < 1 || memory * passes > MOST_WRITTEN * MIB) {
      return `writes ${passes} times ${memory} KiB for argon2; at most ${MOST_WRITTEN * MIB} in all are checked`;
    }
    const sound = memory >= 8 * lanes && encoded.every(isCanonical);
    return sound ? undefined : 'is no sound argon2 string';
  }

  hash(secret: string): Promise<string> {
    const { memory, passes } = this.parameters;
    return hash(composed(secret), { memoryCost: memory * MIB, timeCost: passes, parallelism: 1 });
  }

  verify(secret: string, stored: string): Promise<boolean> {
    return eitherForm(secret, (form) => verify(read(stored).phc, form));
  }

  isCurrent(stored: string): boolean {
    const { memory, passes } = this.parameters;
    return stored.startsWith(`$argon2id$v=19$m=${memory * MIB},t=${passes},p=1$`);
  }
}

function read(stored: string): Read {
  const [, phc = '', memory, passes, lanes, salt = '', digest = ''] = FORMAT.exec(stored) ?? [];
  const [m, t, p] = [Number(memory), Number(passes), Number(lanes)];
  return { phc, memory: m, passes: t, lanes: p, encoded: [salt, digest] };
}

/** The library throws for what is no clean base64. */
const isCanonical = (text: string): boolean =>
  Buffer.from(text, 'base64').toString('base64').replace(/=+$/, '') === text;
