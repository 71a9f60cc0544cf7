import type { LetterTexts } from '../platform/mail/letter';

interface Request {
  readonly email: string;
  readonly url: string;
  readonly code: string;
  readonly device: string;
  readonly ip: string;
  readonly at: string;
}

/** Brings the link, and the code in its place, by which somebody signs in. */
export const magicLink: LetterTexts<Request> = {
  en: ({ email, url, code, device, ip, at }) => ({
    subject: 'Your sign-in link',
    preview: `Sign in as ${email} within 15 minutes.`,
    parts: [
      { paragraph: `Somebody, hopefully you, wants to sign in as ${email}.` },
      { button: 'Sign in', url },
      { label: 'To sign in on the device where you requested it, type this code there instead:', code },
      {
        facts: [
          ['Requested in', device],
          ['IP address', ip],
          ['When', at],
        ],
      },
      {
        small:
          'The link is good for 15 minutes, the code for 10, and each can be used once; a newer mail takes their place.',
      },
      {
        small:
          'If it was not you, do nothing, and give the code to nobody: whoever has it can sign in as you.',
      },
    ],
  }),
  de: ({ email, url, code, device, ip, at }) => ({
    subject: 'Ihr Link zum Anmelden',
    preview: `Melden Sie sich binnen 15 Minuten als ${email} an.`,
    parts: [
      { paragraph: `Jemand, hoffentlich Sie, möchte sich als ${email} anmelden.` },
      { button: 'Anmelden', url },
      {
        label:
          'Um sich auf dem Gerät anzumelden, auf dem Sie den Link angefordert haben, tippen Sie dort stattdessen diesen Code ein:',
        code,
      },
      {
        facts: [
          ['Angefordert mit', device],
          ['IP-Adresse', ip],
          ['Wann', at],
        ],
      },
      {
        small:
          'Der Link gilt 15 Minuten, der Code 10, beide nur einmal; eine neuere Mail tritt an ihre Stelle.',
      },
      {
        small:
          'Waren Sie es nicht, tun Sie nichts, und geben Sie den Code niemandem: Wer ihn hat, kann sich als Sie anmelden.',
      },
    ],
  }),
};
