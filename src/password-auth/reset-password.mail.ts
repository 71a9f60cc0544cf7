import type { LetterTexts } from '../platform/mail/letter';

interface Request {
  readonly email: string;
  readonly url: string;
  readonly device: string;
  readonly at: string;
}

/** Brings the link by which a new password is set. */
export const resetPassword: LetterTexts<Request> = {
  en: ({ email, url, device, at }) => ({
    subject: 'Reset your password',
    preview: 'Choose a new password within the hour.',
    parts: [
      { paragraph: `Somebody, hopefully you, asked for a new password for the account of ${email}.` },
      { button: 'Choose a new password', url },
      {
        facts: [
          ['Requested in', device],
          ['When', at],
        ],
      },
      { small: 'The link is good for one hour and can be used once; a newer one takes its place.' },
      { small: 'If it was not you, do nothing: your password stays as it is.' },
    ],
  }),
  de: ({ email, url, device, at }) => ({
    subject: 'Setzen Sie Ihr Passwort zurück',
    preview: 'Wählen Sie binnen einer Stunde ein neues Passwort.',
    parts: [
      { paragraph: `Jemand, hoffentlich Sie, möchte ein neues Passwort für das Konto von ${email}.` },
      { button: 'Neues Passwort wählen', url },
      {
        facts: [
          ['Angefordert mit', device],
          ['Wann', at],
        ],
      },
      { small: 'Der Link gilt eine Stunde und nur einmal; ein neuerer tritt an seine Stelle.' },
      { small: 'Waren Sie es nicht, tun Sie nichts: Ihr Passwort bleibt, wie es ist.' },
    ],
  }),
};
