import { inLanguage, type Language, type Translated } from '../language/language';

const footers: Translated<(brand: string) => string> = {
  en: (brand) => `Sent by ${brand}. Nobody from us will ever call or write to ask you for a link or a code.`,
  de: (brand) =>
    `Gesendet von ${brand}. Niemand von uns ruft an oder schreibt, um Sie um einen Link oder Code zu bitten.`,
};

export const footer = (language: Language, brand: string): string => inLanguage(footers, language)(brand);

const orOpens: Translated<string> = {
  en: 'If the button does not work, open this address:',
  de: 'Falls der Knopf nicht funktioniert, öffnen Sie diese Adresse:',
};

export const orOpen = (language: Language): string => inLanguage(orOpens, language);

const WORD_JOINER = '\u2060';

/** A name that whoever asks for a mail may choose must not become a link: mail programs make one of every a.b they see. */
export const unlinkable = (name: string): string =>
  name.replace(/(?<=\S)[.:/\\@\u3002\uff0e\uff61](?=\S)/g, (sign) => WORD_JOINER + sign + WORD_JOINER);
