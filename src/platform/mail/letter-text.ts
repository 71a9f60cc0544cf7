import type { Letter, Part } from './letter';
import type { Envelope } from './letter-html';
import { footer, unlinkable } from './letter-words';

const WIDTH = 76;

/** The text of a letter, for mail programs that show no HTML and people who want none. */
export function letterText({ parts }: Letter, { language, brandName }: Envelope): string {
  const brand = unlinkable(brandName);
  return [brand, ...parts.map(partText), `-- \n${wrapped(footer(language, brand))}`].join('\n\n') + '\n';
}

function partText(part: Part): string {
  if ('paragraph' in part) return wrapped(part.paragraph);
  if ('small' in part) return wrapped(part.small);
  if ('code' in part) return `${wrapped(part.label)}\n\n    ${part.code}`;
  if ('facts' in part) return part.facts.map(([label, value]) => `${label}: ${value}`).join('\n');
  // A link that is broken into lines is no link.
  return `${part.button}:\n${part.url}`;
}

function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}
