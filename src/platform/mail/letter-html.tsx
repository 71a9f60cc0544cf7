import type { ComponentChildren } from 'preact';
import { render } from 'preact-render-to-string';
import type { Language } from '../language/language';
import type { Letter, Part } from './letter';
import { footer, orOpen, unlinkable } from './letter-words';

export interface Envelope {
  readonly language: Language;
  readonly brandName: string;
  readonly logoUrl?: string;
}

const FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
const TEXT = `${FONT}font-size:16px;line-height:24px;color:#1b2430;`;
const SMALL = `${FONT}font-size:13px;line-height:20px;color:#55606e;`;
const PAGE = 'background-color:#f2f4f7;margin:0;padding:0;';
const CARD =
  'background-color:#ffffff;border:1px solid #dfe3e8;border-radius:8px;max-width:560px;width:100%;';
const BUTTON = `${FONT}background-color:#0b57a4;border-radius:6px;color:#ffffff;display:inline-block;font-size:16px;font-weight:600;line-height:24px;padding:12px 24px;text-decoration:none;`;
const CODE = `font-family:Consolas,Menlo,monospace;font-size:32px;letter-spacing:6px;line-height:40px;color:#1b2430;font-weight:700;`;
/** Shown by mail programs beside the subject, not in the mail. */
const PREVIEW =
  'display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;';

/** The HTML of a letter: one column of a table, styles on the elements, whole without images: mail programs know little. */
export function letterHtml(letter: Letter, envelope: Envelope): string {
  const { language, brandName } = envelope;
  const mail = (
    <html lang={language}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light" />
        <title>{letter.subject}</title>
      </head>
      <body style={PAGE}>
        <div style={PREVIEW}>{letter.preview}</div>
        <Table style={PAGE}>
          <td align="center" style="padding:24px 12px;">
            <Table style={CARD}>
              <td style="padding:28px 32px;">
                <Head {...envelope} />
                <h1 style={`${TEXT}font-size:22px;line-height:28px;margin:0 0 16px;`}>{letter.subject}</h1>
                {letter.parts.map((part) => (
                  <PartHtml part={part} language={language} />
                ))}
              </td>
            </Table>
            <p style={`${SMALL}margin:16px 0 0;`}>{footer(language, unlinkable(brandName))}</p>
          </td>
        </Table>
      </body>
    </html>
  );
  return `<!doctype html>${render(mail)}`;
}

const Table = ({ style, children }: { style: string; children: ComponentChildren }) => (
  <table role="presentation" width="100%" cellPadding="0" cellSpacing="0" style={style}>
    <tbody>
      <tr>{children}</tr>
    </tbody>
  </table>
);

const Head = ({ logoUrl, brandName }: Envelope) => (
  <p style={`${TEXT}font-weight:700;margin:0 0 24px;`}>
    {logoUrl && <img src={logoUrl} alt="" height={32} style="border:0;height:32px;vertical-align:middle;" />}
    {logoUrl && ' '}
    {unlinkable(brandName)}
  </p>
);

function PartHtml({ part, language }: { part: Part; language: Language }) {
  if ('paragraph' in part) return <p style={`${TEXT}margin:0 0 16px;`}>{part.paragraph}</p>;
  if ('small' in part) return <p style={`${SMALL}margin:0 0 12px;`}>{part.small}</p>;
  if ('code' in part) return <Code {...part} />;
  if ('facts' in part) return <Facts {...part} />;
  return <Button {...part} language={language} />;
}

const Code = ({ code, label }: { code: string; label: string }) => (
  <>
    <p style={`${TEXT}margin:0 0 4px;`}>{label}</p>
    <p style={`${CODE}margin:0 0 16px;`}>{code}</p>
  </>
);

const Button = ({ button, url, language }: { button: string; url: string; language: Language }) => (
  <>
    <p style="margin:8px 0 16px;">
      <a href={url} style={BUTTON}>
        {button}
      </a>
    </p>
    <p style={`${SMALL}margin:0 0 16px;word-break:break-all;`}>
      {orOpen(language)}
      <br />
      <a href={url} style="color:#0b57a4;">
        {url}
      </a>
    </p>
  </>
);

const Facts = ({ facts }: Extract<Part, { facts: unknown }>) => (
  <table role="presentation" cellPadding="0" cellSpacing="0" style="margin:0 0 16px;">
    <tbody>
      {facts.map(([label, value]) => (
        <tr>
          <td style={`${SMALL}padding:2px 16px 2px 0;vertical-align:top;white-space:nowrap;`}>{label}</td>
          <td style={`${TEXT}font-size:14px;line-height:20px;padding:2px 0;`}>{value}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
