import { createReadStream } from 'node:fs';
import { LONGEST_ROW, refuseUnknown, type GivenRow } from './given-row';

const LINE_FEED = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON lines: one object a line.
 * @throws Error for what makes the rest of the file unreadable
 */
export async function* jsonRows(file: string): AsyncGenerator<GivenRow> {
  let [line, bytes] = [0, 0];
  for await (const raw of lines(file)) {
    line++;
    bytes += raw.length + 1;
    const values = read(raw);
    if (values === undefined) continue;
    if (typeof values === 'string') yield { line, bytes, fault: values, values: {} };
    else {
      refuseUnknown(Object.keys(values), line);
      yield { line, bytes, values };
    }
  }
}

/** @returns the object, or what is wrong with it; undefined for a blank line */
function read(raw: Buffer): Record<string, unknown> | string | undefined {
  try {
    const text = utf8.decode(raw);
    if (text.trim() === '') return undefined;
    const values: unknown = JSON.parse(text);
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
      return values as Record<string, unknown>;
    }
  } catch {
    // Not in the parser's words: they hold a part of the row.
  }
  return 'is no JSON object in UTF-8';
}

async function* lines(file: string): AsyncGenerator<Buffer> {
  let [rest, line]: [Buffer, number] = [Buffer.alloc(0), 1];
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([rest, chunk.subarray(from, to)]);
      [rest, from, line] = [Buffer.alloc(0), to + 1, line + 1];
    }
    rest = Buffer.concat([rest, chunk.subarray(from)]);
    if (rest.length > LONGEST_ROW) {
      throw new Error(
        `Line ${line} is longer than ${LONGEST_ROW} bytes; each user stands in a line of its own.`,
      );
    }
  }
  if (rest.length > 0) yield rest;
}
