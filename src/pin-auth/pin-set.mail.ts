import type { LetterTexts } from '../platform/mail/letter';

/** Tells the owner of an account, who may not be the one who set the PIN. */
export const pinSet: LetterTexts<void> = {
  en: () => ({
    subject: 'A PIN was set for your account',
    preview: 'If this was you, there is nothing to do.',
    parts: [
      { paragraph: 'Your account can be signed in to with a name and a new PIN from now on.' },
      { paragraph: 'If this was you, there is nothing to do.' },
      {
        paragraph:
          'If it was not, somebody is signed in to your account. Change your password, which signs everyone else out, and set a PIN of your own, which takes the place of this one.',
      },
    ],
  }),
  de: () => ({
    subject: 'Für Ihr Konto wurde eine PIN gesetzt',
    preview: 'Wenn Sie das waren, ist nichts zu tun.',
    parts: [
      { paragraph: 'An Ihrem Konto kann man sich ab jetzt mit einem Namen und einer neuen PIN anmelden.' },
      { paragraph: 'Wenn Sie das waren, ist nichts zu tun.' },
      {
        paragraph:
          'Wenn nicht, ist jemand an Ihrem Konto angemeldet. Ändern Sie Ihr Passwort, das meldet alle anderen ab, und setzen Sie eine eigene PIN; sie tritt an die Stelle dieser.',
      },
    ],
  }),
};
