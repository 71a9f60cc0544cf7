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
      { label: 'To sign in on the device where you asked for it, type this code there instead:', code },
      {
        facts: [
          ['Asked for in', device],
          ['From', ip],
          ['When', at],
        ],
      },
      {
        small:
          'The link is good for 15 minutes, the code for 10, and for one use; a newer mail takes its place.',
      },
      { small: 'If it was not you, do nothing, and give the code to nobody: who has it is you.' },
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
          'Um sich an dem Gerät anzumelden, an dem Sie gefragt haben, tippen Sie dort stattdessen diesen Code ein:',
        code,
      },
      {
        facts: [
          ['Verlangt in', device],
          ['Von', ip],
          ['Wann', at],
        ],
      },
      {
        small:
          'Der Link gilt 15 Minuten, der Code 10, beide für einen Gebrauch; eine neuere Mail tritt an ihre Stelle.',
      },
      {
        small: 'Waren Sie es nicht, tun Sie nichts, und geben Sie den Code niemandem: Wer ihn hat, ist Sie.',
      },
    ],
  }),
};
