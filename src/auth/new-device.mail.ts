import type { LetterTexts } from '../platform/mail/letter';

interface NewDevice {
  readonly device: string;
  readonly ip: string;
  readonly at: string;
}

/** Tells the owner of an account of a sign-in from a device that was not seen before. */
export const newDevice: LetterTexts<NewDevice> = {
  en: ({ device, ip, at }) => ({
    subject: 'New sign-in to your account',
    preview: `${device}, ${at}`,
    parts: [
      { paragraph: 'Your account was signed in to from a device that we have not seen before.' },
      {
        facts: [
          ['Device', device],
          ['IP address', ip],
          ['When', at],
        ],
      },
      { paragraph: 'If this was you, there is nothing to do.' },
      {
        paragraph:
          'If it was not, end that session in your list of sessions and change your password, which signs everyone else out.',
      },
    ],
  }),
  de: ({ device, ip, at }) => ({
    subject: 'Neue Anmeldung an Ihrem Konto',
    preview: `${device}, ${at}`,
    parts: [
      { paragraph: 'An Ihrem Konto hat sich ein Gerät angemeldet, das wir noch nicht kannten.' },
      {
        facts: [
          ['Gerät', device],
          ['IP-Adresse', ip],
          ['Wann', at],
        ],
      },
      { paragraph: 'Wenn Sie das waren, ist nichts zu tun.' },
      {
        paragraph:
          'Wenn nicht, beenden Sie diese Sitzung in der Liste Ihrer Sitzungen und ändern Sie Ihr Passwort: Das meldet alle anderen ab.',
      },
    ],
  }),
};
