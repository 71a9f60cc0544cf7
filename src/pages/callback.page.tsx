import { Controller, Get } from '@nestjs/common';
import { inLanguage, type Language, type Translated } from '../platform/language/language';
import { pageHtml } from './page';
import { PageRoute } from './page-route';
import { InLanguage, PageSetting } from './page-setting';

interface Words {
  readonly title: string;
  readonly waiting: string;
  readonly signedIn: string;
  readonly signOut: string;
  readonly signedOut: string;
  readonly linked: string;
  readonly nothing: string;
  readonly noScript: string;
  readonly errors: Readonly<Record<string, string>>;
}

const words: Translated<Words> = {
  en: {
    title: 'Sign-in',
    waiting: 'One moment …',
    signedIn: 'You are signed in as',
    signOut: 'Sign out',
    signedOut: 'You are signed out. You can close this page.',
    linked: 'The other account is linked: you can sign in with it from now on. You can close this page.',
    nothing: 'There is nothing to do here: this page is where a sign-in ends.',
    noScript: 'This page takes over your sign-in by a script. Allow JavaScript for it, and sign in again.',
    errors: {
      access_denied: 'You cancelled. Nothing has changed.',
      invalid_state:
        'This was not begun in this browser, was finished before, or took too long. If you are not signed in, begin again.',
      provider_error:
        'The other service could not be asked who you are, or gave no good answer. Try again in a while.',
      account_unavailable:
        'There is no account here that you can sign in to now. If you registered with an email address, confirm it first by the link in our mail; else ask whoever runs this service.',
      identity_taken:
        'That account is linked to another one here. Sign in with it, or unlink it there first. Nothing has changed.',
      other: 'The sign-in did not work. Begin again.',
    },
  },
  de: {
    title: 'Anmeldung',
    waiting: 'Einen Augenblick …',
    signedIn: 'Sie sind angemeldet als',
    signOut: 'Abmelden',
    signedOut: 'Sie sind abgemeldet. Sie können diese Seite schließen.',
    linked:
      'Das andere Konto ist verknüpft: Ab jetzt können Sie sich damit anmelden. Sie können diese Seite schließen.',
    nothing: 'Hier gibt es nichts zu tun: Auf dieser Seite endet eine Anmeldung.',
    noScript:
      'Diese Seite übernimmt Ihre Anmeldung durch ein Skript. Erlauben Sie ihr JavaScript und melden Sie sich noch einmal an.',
    errors: {
      access_denied: 'Sie haben abgebrochen. Es hat sich nichts geändert.',
      invalid_state:
        'Das begann nicht in diesem Browser, wurde schon beendet oder dauerte zu lang. Wenn Sie nicht angemeldet sind, beginnen Sie noch einmal.',
      provider_error:
        'Der andere Dienst war nicht zu erreichen oder gab keine brauchbare Antwort. Versuchen Sie es später noch einmal.',
      account_unavailable:
        'Es gibt hier kein Konto, an dem Sie sich jetzt anmelden können. Wenn Sie sich mit einer E-Mail-Adresse registriert haben, bestätigen Sie sie zuerst durch den Link in unserer Mail; sonst fragen Sie, wer diesen Dienst betreibt.',
      identity_taken:
        'Jenes Konto ist hier mit einem anderen verknüpft. Melden Sie sich damit an, oder lösen Sie dort die Verknüpfung. Es hat sich nichts geändert.',
      other: 'Die Anmeldung ist fehlgeschlagen. Beginnen Sie noch einmal.',
    },
  },
};

/** Where a sign-in ends that went through a browser, with its tokens in the fragment: only a script can read them there. */
@Controller()
export class CallbackPage {
  constructor(private readonly setting: PageSetting) {}

  @Get('auth/callback')
  @PageRoute({ script: true })
  show(@InLanguage() language: Language): string {
    const said = inLanguage(words, language);
    const children = (
      <>
        <noscript>
          <p class="note">{said.noScript}</p>
        </noscript>
        <div role="status">
          <p data-state="waiting" hidden>
            {said.waiting}
          </p>
          <p data-state="nothing" hidden>
            {said.nothing}
          </p>
          <p data-state="linked" hidden>
            {said.linked}
          </p>
          {Object.entries(said.errors).map(([code, text]) => (
            <p data-state={`error-${code}`} hidden>
              {text}
            </p>
          ))}
          <p data-state="signed-out" hidden>
            {said.signedOut}
          </p>
          <div data-state="signed-in" hidden>
            <p>
              {said.signedIn} <strong data-name />.
            </p>
            <button type="button">{said.signOut}</button>
          </div>
        </div>
      </>
    );
    return pageHtml(this.setting.in(language), { title: said.title, script: 'callback.js', children });
  }
}
