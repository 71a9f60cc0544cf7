import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { LONGEST_ROW, refuseUnknown, type GivenRow } from './given-row';

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

/**
 * CSV (RFC 4180) with a header.
 * @throws Error for what makes the rest of the file unreadable
 */
export async function* csvRows(file: string): AsyncGenerator<GivenRow> {
  const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true };
  const parser = parse({ ...options, record_delimiter: ['\r\n', '\n'], max_record_size: LONGEST_ROW });
  const source = createReadStream(file).on('error', (error) => parser.destroy(error));
  let header: readonly string[] | undefined;
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Parsed>) {
      if (header) yield rowOf(header, record, info);
      header ??= readHeader(record, info.lines);
    }
  } catch (error) {
    throw error instanceof CsvError ? new Error(faultOf(error)) : error;
  } finally {
    source.destroy();
  }
}

function readHeader(record: readonly string[], line: number): readonly string[] {
  const names = record.map((name) => name.trim());
  refuseUnknown(names, line);
  if (new Set(names).size < names.length) throw new Error(`Line ${line}: a column is named twice.`);
  if (!names.includes('email')) throw new Error(`Line ${line}: no column is named email.`);
  return names;
}

function rowOf(
  header: readonly string[],
  record: readonly string[],
  { lines: line, bytes }: Parsed['info'],
): GivenRow {
  const values = Object.fromEntries(header.map((name, at) => [name, record[at]]));
  if (record.length === header.length) return { line, bytes, values };
  return { line, bytes, fault: `has ${record.length} values, and the header ${header.length}`, values: {} };
}

/** Not in the library's words: they may hold a part of the row. */
function faultOf(error: CsvError): string {
  const { lines } = error as CsvError & { lines?: number };
  const fault = error.code.includes('QUOTE')
    ? 'a quotation mark stands where CSV has none, or is not closed'
    : error.code === 'CSV_MAX_RECORD_SIZE'
      ? `a row is longer than ${LONGEST_ROW} bytes; is a quotation mark not closed?`
      : `no CSV (${error.code})`;
  return `Line ${lines}: ${fault}.`;
}
