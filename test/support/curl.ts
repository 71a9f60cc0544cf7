import { spawnSync } from 'node:child_process';

/** The tests need nothing but Node: what runs curl is skipped where there is none, and is tested without it too. */
export const hasCurl = spawnSync('curl', ['--version']).status === 0;
