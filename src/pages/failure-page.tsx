import type { ApiError } from '../platform/http/api-error';
import { inLanguage, type Translated } from '../platform/language/language';
import { pageHtml, type Setting } from './page';

interface Words {
  readonly title: string;
  readonly why: string;
}

/** By status; the words of the error itself are for programs. */
const words: Translated<{ busy: Words; tooMany: Words; foreign: Words; wrong: Words }> = {
  en: {
    busy: {
      title: 'Just a moment',
      why: 'The server has too much to do, or is starting. Nothing has changed; try again in a few seconds.',
    },
    tooMany: { title: 'Too many attempts', why: 'Wait a while before you try again. Nothing has changed.' },
    foreign: {
      title: 'This came from another site',
      why: 'For your safety it was refused. Open the link from your mail again and press the button there.',
    },
    wrong: {
      title: 'Something is wrong',
      why: 'The server could not do this. Nothing has changed; open the link from your mail again.',
    },
  },
  de: {
    busy: {
      title: 'Einen Augenblick',
      why: 'Der Server hat zu viel zu tun oder startet gerade. Es hat sich nichts geändert; versuchen Sie es in ein paar Sekunden noch einmal.',
    },
    tooMany: {
      title: 'Zu viele Versuche',
      why: 'Warten Sie eine Weile, bevor Sie es noch einmal versuchen. Es hat sich nichts geändert.',
    },
    foreign: {
      title: 'Das kam von einer anderen Seite',
      why: 'Zu Ihrer Sicherheit wurde es abgelehnt. Öffnen Sie den Link aus Ihrer Mail noch einmal und drücken Sie dort den Knopf.',
    },
    wrong: {
      title: 'Etwas stimmt nicht',
      why: 'Der Server konnte das nicht tun. Es hat sich nichts geändert; öffnen Sie den Link aus Ihrer Mail noch einmal.',
    },
  },
};

const KINDS: Readonly<Record<number, keyof typeof words.en>> = {
  503: 'busy',
  429: 'tooMany',
  403: 'foreign',
};

/** What a person is shown in place of an error's JSON. */
export function failureHtml({ status }: ApiError, setting: Setting): string {
  const { title, why } = inLanguage(words, setting.language)[KINDS[status] ?? 'wrong'];
  return pageHtml(setting, { title, children: <p role="alert">{why}</p> });
}
