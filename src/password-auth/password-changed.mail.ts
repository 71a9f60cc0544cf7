import type { LetterTexts } from '../platform/mail/letter';

/** Tells the owner of an account, who may not be the one who changed the password. */
export const passwordChanged: LetterTexts<void> = {
  en: () => ({
    subject: 'Your password was changed',
    preview: 'If this was you, there is nothing to do.',
    parts: [
      { paragraph: 'The password of your account was changed, and your other devices were signed out.' },
      { paragraph: 'If this was you, there is nothing to do.' },
      {
        paragraph:
          'If it was not, somebody knows your password: reset it at once by “Forgot password”, which signs everyone out.',
      },
    ],
  }),
  de: () => ({
    subject: 'Ihr Passwort wurde geändert',
    preview: 'Wenn Sie das waren, ist nichts zu tun.',
    parts: [
      { paragraph: 'Das Passwort Ihres Kontos wurde geändert; Ihre anderen Geräte wurden abgemeldet.' },
      { paragraph: 'Wenn Sie das waren, ist nichts zu tun.' },
      {
        paragraph:
          'Wenn nicht, kennt jemand Ihr Passwort: Setzen Sie es sofort über „Passwort vergessen“ zurück; das meldet alle ab.',
      },
    ],
  }),
};
