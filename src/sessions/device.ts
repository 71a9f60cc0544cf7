import bowser from 'bowser';
import { inLanguage, type Language, type Translated } from '../platform/language/language';

interface Seen {
  readonly userAgent: string | null;
}

const BROWSERS = new Set<string>(Object.values(bowser.BROWSER_MAP));
const SYSTEMS = new Set<string>(Object.values(bowser.OS_MAP));

const joined: Translated<(browser: string, system: string) => string> = {
  en: (browser, system) => `${browser} on ${system}`,
  de: (browser, system) => `${browser} unter ${system}`,
};
const unknown: Translated<string> = { en: 'an unknown program', de: 'ein unbekanntes Programm' };

/**
 * A device in words, for mails and pages. Only names that the parser knows: the header is whatever its sender wrote, and a
 * mail is read by somebody else.
 */
export function deviceInWords({ userAgent }: Seen, language: Language): string {
  const { browser, system, version } = known(userAgent);
  const named = browser && version ? `${browser} ${version}` : browser;
  if (named && system) return inLanguage(joined, language)(named, system);
  return named ?? system ?? inLanguage(unknown, language);
}

/**
 * What tells one device of a person from the next, as far as a header can: browser and system without their versions, which
 * change by themselves. Of programs that are no browsers: the name of the product.
 */
export function deviceKind({ userAgent }: Seen): string {
  const { browser, system } = known(userAgent);
  if (browser || system) return `${browser ?? '?'} / ${system ?? '?'}`;
  return userAgent?.split(/[/\s]/)[0]?.slice(0, 64) || '?';
}

function known(userAgent: string | null): { browser?: string; system?: string; version?: string } {
  if (!userAgent) return {};
  const { browser, os } = bowser.parse(userAgent);
  return {
    browser: browser.name && BROWSERS.has(browser.name) ? browser.name : undefined,
    system: os.name && SYSTEMS.has(os.name) ? os.name : undefined,
    version: /^\d{1,4}/.exec(browser.version ?? '')?.[0],
  };
}
