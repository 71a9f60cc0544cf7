import { inLanguage, type Language, type Translated } from '../language/language';

const footers: Translated<(brand: string) => string> = {
  en: (brand) => `Sent by ${brand}. We never ask you for a link or a code from a mail.`,
  de: (brand) => `Gesendet von ${brand}. Wir fragen Sie nie nach einem Link oder Code aus einer Mail.`,
};

export const footer = (language: Language, brand: string): string => inLanguage(footers, language)(brand);

const orOpens: Translated<string> = {
  en: 'If the button does not work, open this address:',
  de: 'Falls der Knopf nicht geht, öffnen Sie diese Adresse:',
};

export const orOpen = (language: Language): string => inLanguage(orOpens, language);

const WORD_JOINER = '\u2060';

/** A name that whoever asks for a mail may choose must not become a link: mail programs make one of every a.b they see. */
export const unlinkable = (name: string): string =>
  name.replace(/(?<=\S)\.(?=\S)/g, `${WORD_JOINER}.${WORD_JOINER}`);
