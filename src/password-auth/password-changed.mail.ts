import type { LetterTexts } from '../platform/mail/letter';

/** Tells the owner of an account, who may not be the one who changed the password. */
export const passwordChanged: LetterTexts<{ how: 'changed' | 'reset' }> = {
  en: ({ how }) => ({
    subject: how === 'reset' ? 'Your password was reset' : 'Your password was changed',
    preview: 'If this was you, there is nothing to do.',
    parts: [
      {
        paragraph:
          how === 'reset'
            ? 'A new password was set for your account by a link that we mailed to you, and all your devices were signed out.'
            : 'The password of your account was changed, and your other devices were signed out.',
      },
      { paragraph: 'If this was you, there is nothing to do.' },
      {
        paragraph:
          how === 'reset'
            ? 'If it was not, somebody reads your mail: secure your mailbox first, then ask for a new link to reset the password again.'
            : 'If it was not, somebody knows your password: reset it at once by “Forgot password”, which signs everyone out.',
      },
    ],
  }),
  de: ({ how }) => ({
    subject: how === 'reset' ? 'Ihr Passwort wurde zurückgesetzt' : 'Ihr Passwort wurde geändert',
    preview: 'Wenn Sie das waren, ist nichts zu tun.',
    parts: [
      {
        paragraph:
          how === 'reset'
            ? 'Über einen Link, den wir Ihnen gemailt haben, hat Ihr Konto ein neues Passwort bekommen; alle Ihre Geräte wurden abgemeldet.'
            : 'Das Passwort Ihres Kontos wurde geändert; Ihre anderen Geräte wurden abgemeldet.',
      },
      { paragraph: 'Wenn Sie das waren, ist nichts zu tun.' },
      {
        paragraph:
          how === 'reset'
            ? 'Wenn nicht, liest jemand Ihre Mail: Sichern Sie zuerst Ihr Postfach und setzen Sie dann das Passwort noch einmal zurück.'
            : 'Wenn nicht, kennt jemand Ihr Passwort: Setzen Sie es sofort über „Passwort vergessen“ zurück; das meldet alle ab.',
      },
    ],
  }),
};
