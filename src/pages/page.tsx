import type { ComponentChildren, FunctionComponent } from 'preact';
import { render } from 'preact-render-to-string';
import { inLanguage, type Language, type Translated } from '../platform/language/language';

export interface Setting {
  readonly language: Language;
  /** The path of PUBLIC_URL, which stands before every path of ours. */
  readonly basePath: string;
  readonly platformName: string;
}

interface Page {
  readonly title: string;
  readonly script?: string;
  readonly children: ComponentChildren;
}

/** The HTML of a page. Nothing in it comes from elsewhere, and it has no inline style or script. */
export function pageHtml(
  { language, basePath, platformName }: Setting,
  { title, script, children }: Page,
): string {
  const page = (
    <html lang={language}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${title} · ${platformName}`}</title>
        <link rel="stylesheet" href={`${basePath}/pages/style.css`} />
        {script && <script src={`${basePath}/pages/${script}`} defer />}
      </head>
      <body>
        <main data-base={basePath}>
          <p class="brand">{platformName}</p>
          <h1>{title}</h1>
          {children}
        </main>
      </body>
    </html>
  );
  return `<!doctype html>${render(page)}`;
}

interface FormOptions {
  readonly action: string;
  readonly hidden?: Readonly<Record<string, string>>;
  readonly button: string;
  readonly children?: ComponentChildren;
}

/** A form whose button does what the link alone does not. */
export const Form = ({ action, hidden = {}, button, children }: FormOptions) => (
  <form method="post" action={action}>
    {Object.entries(hidden).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    {children}
    <button type="submit">{button}</button>
  </form>
);

interface FieldOptions {
  readonly name: string;
  readonly label: string;
  readonly type: 'email' | 'password' | 'text';
  readonly autocomplete: 'username' | 'new-password' | 'one-time-code' | 'email';
  readonly hint?: string;
  readonly problem?: string;
  readonly value?: string;
  readonly numeric?: boolean;
}

/** JSX knows each type of input by itself, and not one of several. */
const Input = 'input' as unknown as FunctionComponent<Record<string, unknown>>;

/** A labelled field; its hint and what is wrong with it belong to it for a screen reader too. */
export const Field = ({ name, label, type, autocomplete, hint, problem, value, numeric }: FieldOptions) => (
  <p class="field">
    <label for={name}>{label}</label>
    <Input
      id={name}
      name={name}
      type={type}
      value={value}
      autocomplete={autocomplete}
      required
      inputmode={numeric ? 'numeric' : undefined}
      autofocus={problem !== undefined}
      aria-invalid={problem ? 'true' : undefined}
      aria-describedby={
        [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(' ') || undefined
      }
    />
    {hint && (
      <span class="hint" id={`${name}-hint`}>
        {hint}
      </span>
    )}
    {problem && (
      <span class="problem" id={`${name}-problem`} role="alert">
        {problem}
      </span>
    )}
  </p>
);

const gone: Translated<{ title: string; why: string }> = {
  en: {
    title: 'This link does not work any more',
    why: 'It was used already, is too old, or a newer one was mailed to you. Nothing has changed. Request a new one where you requested this one.',
  },
  de: {
    title: 'Dieser Link funktioniert nicht mehr',
    why: 'Er wurde schon benutzt, ist zu alt, oder Sie haben einen neueren bekommen. Es hat sich nichts geändert. Fordern Sie einen neuen an, wo Sie diesen angefordert haben.',
  },
};

/** For a link that was spent, cancelled or made up: nobody is told which. */
export function goneHtml(setting: Setting): string {
  const { title, why } = inLanguage(gone, setting.language);
  return pageHtml(setting, { title, children: <p>{why}</p> });
}
