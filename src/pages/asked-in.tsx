import { inLanguage, type Language, type Translated } from '../platform/language/language';
import { moment } from '../platform/language/moment';
import type { Asked } from '../platform/one-time/one-time-tokens';
import { deviceInWords } from '../sessions/device';

const words: Translated<{ device: string; from: string; when: string }> = {
  en: { device: 'Requested in', from: 'IP address', when: 'When' },
  de: { device: 'Angefordert mit', from: 'IP-Adresse', when: 'Wann' },
};

/** In which browser, from where and when a link was asked for: for a person who opens it in another one, or never asked. */
export function AskedIn({ asked, language }: { asked: Asked; language: Language }) {
  const { device, from, when } = inLanguage(words, language);
  return (
    <dl>
      <dt>{device}</dt>
      <dd>{deviceInWords(asked, language)}</dd>
      <dt>{from}</dt>
      <dd>{asked.ip}</dd>
      <dt>{when}</dt>
      <dd>{moment(asked.createdAt, language)}</dd>
    </dl>
  );
}
