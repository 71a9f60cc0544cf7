import { extname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FirebaseParameters } from '../../platform/hashing/formats/firebase-scrypt';

export const USAGE = `npm run users:import -- FILE [--format csv|jsonl] [--dry-run] [--refused FILE] [--again]

  FILE       columns: email, and any of name, emailVerified, passwordHash, salt, id, createdAt, disabled
  --format   csv (with a header) or jsonl (one JSON object a line). Default: by the ending of FILE
  --dry-run  finds all faults, also addresses that have an account or stand twice in FILE, and changes nothing
  --refused  where to tell of refused rows. Default: FILE.refused.jsonl, of a dry run FILE.dry-run.jsonl
  --again    from the first row, though this FILE was imported before

Of Firebase, with FIREBASE_SIGNER_KEY set, from the password hash parameters of the project:
  --firebase-rounds 8 --firebase-memory-cost 14 --firebase-salt-separator Bw==

A run that was interrupted goes on where it was when it is started again. It ends with 0 when every row was imported, 2 when
some were refused, 1 when it did not come to its end.
`;

export interface ImportOptions {
  readonly file: string;
  readonly format: 'csv' | 'jsonl';
  readonly dryRun: boolean;
  readonly again: boolean;
  /** Path of the report on refused rows. */
  readonly refused: string;
  readonly firebase: FirebaseParameters | undefined;
}

/**
 * @returns undefined where help is asked for
 * @throws Error saying what is wrong
 */
export function readOptions(args: string[]): ImportOptions | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      format: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      refused: { type: 'string' },
      again: { type: 'boolean', default: false },
      'firebase-rounds': { type: 'string' },
      'firebase-memory-cost': { type: 'string' },
      'firebase-salt-separator': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new Error(`Name one file.\n\n${USAGE}`);
  const dryRun = values['dry-run'];
  const refused = values.refused ?? `${file}.${dryRun ? 'dry-run' : 'refused'}.jsonl`;
  if (resolve(refused) === resolve(file)) throw new Error('The report would overwrite the file.');
  return {
    file,
    format: formatOf(values.format ?? extname(file).slice(1)),
    dryRun,
    again: values.again,
    refused,
    firebase: firebaseOf([
      values['firebase-rounds'],
      values['firebase-memory-cost'],
      values['firebase-salt-separator'],
    ]),
  };
}

function formatOf(name: string): 'csv' | 'jsonl' {
  if (name === 'csv' || name === 'jsonl') return name;
  throw new Error('Say what the file is: --format csv or --format jsonl.');
}

function firebaseOf(given: readonly (string | undefined)[]): FirebaseParameters | undefined {
  if (given.every((value) => value === undefined)) return undefined;
  const [rounds = '', memoryCost = '', saltSeparator] = given;
  if (!/^\d{1,4}$/.test(rounds) || !/^\d{1,2}$/.test(memoryCost) || saltSeparator === undefined) {
    throw new Error(
      'The three of Firebase come together: --firebase-rounds and --firebase-memory-cost with a number, ' +
        '--firebase-salt-separator with its base64.',
    );
  }
  return { rounds: Number(rounds), memoryCost: Number(memoryCost), saltSeparator };
}
