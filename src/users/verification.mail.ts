import type { LetterTexts } from '../platform/mail/letter';

/** Asks whether the one who gave this address is its owner. */
export const verification: LetterTexts<{ email: string; url: string }> = {
  en: ({ email, url }) => ({
    subject: 'Confirm your email address',
    preview: 'Follow the link and press the button.',
    parts: [
      { paragraph: `Somebody, hopefully you, created an account with the address ${email}.` },
      { button: 'Confirm this address', url },
      { small: 'The link is good for 24 hours and opens a page with one button.' },
      {
        small:
          'If it was not you, do nothing: without your confirmation the account stays unconfirmed, and you can take it over at any time by “Forgot password”.',
      },
    ],
  }),
  de: ({ email, url }) => ({
    subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
    preview: 'Folgen Sie dem Link und drücken Sie den Knopf.',
    parts: [
      { paragraph: `Jemand, hoffentlich Sie, hat ein Konto mit der Adresse ${email} angelegt.` },
      { button: 'Adresse bestätigen', url },
      { small: 'Der Link gilt 24 Stunden und öffnet eine Seite mit einem Knopf.' },
      {
        small:
          'Waren Sie es nicht, tun Sie nichts: Ohne Ihre Bestätigung bleibt das Konto unbestätigt, und über „Passwort vergessen“ können Sie es jederzeit übernehmen.',
      },
    ],
  }),
};
