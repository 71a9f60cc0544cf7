import Negotiator from 'negotiator';

/** Languages of mails and pages. A new one is a line here; texts that lack it are shown in English. */
export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text, or what makes one, in English and as many other languages as there are. */
export type Translated<T> = { readonly en: T } & { readonly [L in Language]?: T };

export const inLanguage = <T>(texts: Translated<T>, language: Language): T => texts[language] ?? texts.en;

/** Longer ones are made to keep the parser busy: 16 KB took it 22 ms. */
const LONGEST = 256;

/** What the reader prefers, by the header Accept-Language (RFC 9110, 12.5.4); English where it names none of ours. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const headers = { 'accept-language': acceptLanguage?.slice(0, LONGEST) };
  return (new Negotiator({ headers }).language([...LANGUAGES]) as Language | undefined) ?? 'en';
}
