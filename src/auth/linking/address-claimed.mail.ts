import type { LetterTexts } from '../../platform/mail/letter';

/** Tells the owner of an address, who has just proven it, that what was set before is gone. */
export const addressClaimed: LetterTexts<void> = {
  en: () => ({
    subject: 'Your address is confirmed, and old credentials were removed',
    preview: 'Set a new password by “Forgot password” if you want one.',
    parts: [
      {
        paragraph:
          'You have just proven that this address is yours. Your account had a password or a PIN from before that, which anybody could have set who typed your address. It was removed, and all devices from before were signed out.',
      },
      { paragraph: 'If you want a password, set a new one by “Forgot password”.' },
    ],
  }),
  de: () => ({
    subject: 'Ihre Adresse ist bestätigt, alte Zugangsdaten wurden entfernt',
    preview: 'Wenn Sie ein Passwort möchten, setzen Sie es über „Passwort vergessen“.',
    parts: [
      {
        paragraph:
          'Sie haben eben gezeigt, dass diese Adresse Ihnen gehört. Ihr Konto hatte von vorher ein Passwort oder eine PIN; die hätte jeder setzen können, der Ihre Adresse eintippt. Sie wurden entfernt und alle Geräte von vorher abgemeldet.',
      },
      { paragraph: 'Wenn Sie ein Passwort möchten, setzen Sie es über „Passwort vergessen“.' },
    ],
  }),
};
