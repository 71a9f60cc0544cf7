import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { str } from 'envalid';
import { defineSettings, type SettingsOf } from '../config/settings';
import { databaseSettings, type DatabaseSettings } from '../database/database.settings';
import { deriveKey } from './sealing';

const LEAST_LENGTH = 32;
const PLACEHOLDER = /change.?me|replace.?me|your.?secret|placeholder|example|^(.)\1*$/i;

export const secretSettings = defineSettings('secret', {
  variables: { APP_SECRET: str({ default: undefined }) },
  secrets: ['APP_SECRET'],
  complete({ APP_SECRET }, { production, complain }) {
    const make = 'make one with: openssl rand -base64 48';
    if (production && !APP_SECRET) complain('APP_SECRET', `is missing; ${make}`);
    if (APP_SECRET && APP_SECRET.length < LEAST_LENGTH) {
      complain('APP_SECRET', `must have at least ${LEAST_LENGTH} characters; ${make}`);
    } else if (APP_SECRET && PLACEHOLDER.test(APP_SECRET)) {
      complain('APP_SECRET', `is a placeholder; ${make}`);
    }
    return { appSecret: APP_SECRET };
  },
});

/** The server's master secret. It is never used itself, only keys derived from it, one for each purpose. */
@Injectable()
export class AppSecret {
  private readonly secret: string;

  constructor(
    @Inject(secretSettings.token) { appSecret }: SettingsOf<typeof secretSettings>,
    @Inject(databaseSettings.token) { dataDir }: DatabaseSettings,
  ) {
    this.secret = appSecret ?? generatedSecret(join(dataDir, 'secrets'));
  }

  keyFor(purpose: string): Buffer {
    return deriveKey(this.secret, purpose);
  }
}

/**
 * For development: made on the first start and kept. `link` fails when the name is taken, so of two servers
 * that start at once one makes the secret and both read it, whole.
 */
function generatedSecret(directory: string): string {
  const path = join(directory, 'app-secret');
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    writeFileSync(draft, randomBytes(48).toString('base64url'), { mode: 0o600, flush: true });
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft);
    }
  }
  return readFileSync(path, 'utf8');
}
