import type { LetterTexts } from '../../platform/mail/letter';

interface Change {
  /** What people call the other service. */
  readonly provider: string;
  /** The address there, where one is known. */
  readonly account: string | null;
  readonly device: string;
  readonly ip: string;
  readonly at: string;
}

const account = (label: string, address: string | null): [string, string][] =>
  address === null ? [] : [[label, address]];

/** Tells the owner of an account, who may not be the one who linked it. */
export const identityAdded: LetterTexts<Change> = {
  en: ({ provider, account: address, device, ip, at }) => ({
    subject: `${provider} was linked to your account`,
    preview: 'If this was you, there is nothing to do.',
    parts: [
      { paragraph: `You can sign in with ${provider} from now on.` },
      { facts: [...account('Account there', address), ['Device', device], ['IP address', ip], ['When', at]] },
      { paragraph: 'If this was you, there is nothing to do.' },
      {
        paragraph:
          'If it was not, somebody is signed in to your account. Sign in yourself, unlink it, which signs everyone else out, and set a new password if you have one.',
      },
    ],
  }),
  de: ({ provider, account: address, device, ip, at }) => ({
    subject: `${provider} wurde mit Ihrem Konto verknüpft`,
    preview: 'Wenn Sie das waren, ist nichts zu tun.',
    parts: [
      { paragraph: `Sie können sich ab jetzt über ${provider} anmelden.` },
      { facts: [...account('Konto dort', address), ['Gerät', device], ['IP-Adresse', ip], ['Wann', at]] },
      { paragraph: 'Wenn Sie das waren, ist nichts zu tun.' },
      {
        paragraph:
          'Wenn nicht, ist jemand an Ihrem Konto angemeldet. Melden Sie sich selbst an, lösen Sie die Verknüpfung, das meldet alle anderen ab, und setzen Sie ein neues Passwort, wenn Sie eines haben.',
      },
    ],
  }),
};

/** The same of one that was unlinked. */
export const identityRemoved: LetterTexts<Change> = {
  en: ({ provider, account: address, device, ip, at }) => ({
    subject: `${provider} was unlinked from your account`,
    preview: 'If this was you, there is nothing to do.',
    parts: [
      {
        paragraph: `Your account can’t be signed in to by this account at ${provider} any more. All other devices were signed out.`,
      },
      { facts: [...account('Account there', address), ['Device', device], ['IP address', ip], ['When', at]] },
      { paragraph: 'If this was you, there is nothing to do.' },
      {
        paragraph:
          'If it was not, somebody is signed in to your account. Set a new password by “Forgot password”, which signs everyone out, and unlink whatever you don’t know.',
      },
    ],
  }),
  de: ({ provider, account: address, device, ip, at }) => ({
    subject: `Die Verknüpfung mit ${provider} wurde gelöst`,
    preview: 'Wenn Sie das waren, ist nichts zu tun.',
    parts: [
      {
        paragraph: `An Ihrem Konto kann man sich mit diesem Konto bei ${provider} nicht mehr anmelden. Alle anderen Geräte wurden abgemeldet.`,
      },
      { facts: [...account('Konto dort', address), ['Gerät', device], ['IP-Adresse', ip], ['Wann', at]] },
      { paragraph: 'Wenn Sie das waren, ist nichts zu tun.' },
      {
        paragraph:
          'Wenn nicht, ist jemand an Ihrem Konto angemeldet. Setzen Sie über „Passwort vergessen“ ein neues Passwort, das meldet alle ab, und lösen Sie Verknüpfungen, die Sie nicht kennen.',
      },
    ],
  }),
};
