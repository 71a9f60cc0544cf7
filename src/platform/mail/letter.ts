import { inLanguage, type Language, type Translated } from '../language/language';

/** The content of a mail, from which its HTML and its text are made: both say the same. */
export interface Letter {
  readonly subject: string;
  /** The line that mail programs show beside the subject. */
  readonly preview: string;
  readonly parts: readonly Part[];
}

export type Part =
  | { readonly paragraph: string }
  | { readonly button: string; readonly url: string }
  /** Digits to be typed, and what to say of them. */
  | { readonly code: string; readonly label: string }
  | { readonly facts: readonly (readonly [label: string, value: string])[] }
  | { readonly small: string };

/** What makes a letter out of what it tells of. */
export type LetterTexts<Data> = Translated<(data: Data) => Letter>;

export const letterIn = <Data>(texts: LetterTexts<Data>, language: Language, data: Data): Letter =>
  inLanguage(texts, language)(data);
