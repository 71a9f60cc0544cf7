import type { LetterTexts, Part } from '../platform/mail/letter';

const onlyIf = (condition: boolean, paragraph: string): Part[] => (condition ? [{ paragraph }] : []);

/** Tells the owner of an account that a mailed link set a new password. */
export const passwordReset: LetterTexts<{ pinRemoved: boolean; unlinked: boolean }> = {
  en: ({ pinRemoved, unlinked }) => ({
    subject: 'Your password was reset',
    preview: 'If this was you, there is nothing to do.',
    parts: [
      {
        paragraph:
          'A new password was set for your account by a link that we mailed to you, and all your devices were signed out.',
      },
      ...onlyIf(pinRemoved, 'Your PIN was removed, too; set a new one once you are signed in.'),
      ...onlyIf(
        unlinked,
        'Accounts of other services under another address were unlinked, because anybody could have linked them who knew your password; link them again if they are yours.',
      ),
      { paragraph: 'If this was you, there is nothing to do.' },
      {
        paragraph:
          'If it was not, somebody reads your mail: secure your mailbox first, then reset the password once more.',
      },
    ],
  }),
  de: ({ pinRemoved, unlinked }) => ({
    subject: 'Ihr Passwort wurde zurückgesetzt',
    preview: 'Wenn Sie das waren, ist nichts zu tun.',
    parts: [
      {
        paragraph:
          'Über einen Link, den wir Ihnen gemailt haben, hat Ihr Konto ein neues Passwort bekommen; alle Ihre Geräte wurden abgemeldet.',
      },
      ...onlyIf(
        pinRemoved,
        'Auch Ihre PIN wurde entfernt; setzen Sie eine neue, sobald Sie angemeldet sind.',
      ),
      ...onlyIf(
        unlinked,
        'Verknüpfungen mit Konten anderer Dienste unter einer anderen Adresse wurden gelöst, denn die hätte jeder anlegen können, der Ihr Passwort kannte; verknüpfen Sie sie wieder, wenn es Ihre sind.',
      ),
      { paragraph: 'Wenn Sie das waren, ist nichts zu tun.' },
      {
        paragraph:
          'Wenn nicht, liest jemand Ihre Mail: Sichern Sie zuerst Ihr Postfach und setzen Sie dann das Passwort noch einmal zurück.',
      },
    ],
  }),
};
