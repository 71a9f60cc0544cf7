import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { faultOfNewPassword, type PasswordFault } from '../password-auth/password-rules';
import { ResetByTokenBody } from '../password-auth/password.dto';
import { PasswordResets } from '../password-auth/password-reset.service';
import { parseBody } from '../platform/http/body.pipe';
import { FromClient, type Client } from '../platform/http/client';
import { CrossSite } from '../platform/http/cross-site';
import { inLanguage, type Language, type Translated } from '../platform/language/language';
import { AskedIn } from './asked-in';
import { Field, Form, goneHtml, pageHtml } from './page';
import { isRefusal, PageRoute, textOf } from './page-route';
import { InLanguage, PageSetting } from './page-setting';

interface Words {
  readonly title: string;
  readonly whose: (email: string) => string;
  readonly password: string;
  readonly repeat: string;
  readonly hint: string;
  readonly button: string;
  readonly differs: string;
  readonly faults: Readonly<Record<PasswordFault, string>>;
  readonly doneTitle: string;
  readonly done: string;
}

const words: Translated<Words> = {
  en: {
    title: 'Choose a new password',
    whose: (email) => `For the account of ${email}. All devices that are signed in will be signed out.`,
    password: 'New password',
    repeat: 'Repeat the new password',
    hint: 'At least 8 characters. A long sentence is better than special characters.',
    button: 'Set the new password',
    differs: 'The two are not the same.',
    faults: {
      missing: 'Type a password.',
      'no text': 'Type a password.',
      short: 'It needs at least 8 characters.',
      long: 'It may have at most 128 characters.',
      'ill-formed': 'It holds an invalid character. Type it again.',
      common: 'Too many people use this one. Choose another.',
    },
    doneTitle: 'Your new password is set',
    done: 'All your devices were signed out. Sign in with the new password now; you can close this page.',
  },
  de: {
    title: 'Neues Passwort wählen',
    whose: (email) => `Für das Konto von ${email}. Alle angemeldeten Geräte werden abgemeldet.`,
    password: 'Neues Passwort',
    repeat: 'Neues Passwort wiederholen',
    hint: 'Mindestens 8 Zeichen. Ein langer Satz ist besser als Sonderzeichen.',
    button: 'Neues Passwort setzen',
    differs: 'Die beiden sind nicht gleich.',
    faults: {
      missing: 'Tippen Sie ein Passwort ein.',
      'no text': 'Tippen Sie ein Passwort ein.',
      short: 'Es braucht mindestens 8 Zeichen.',
      long: 'Es darf höchstens 128 Zeichen haben.',
      'ill-formed': 'Es enthält ein ungültiges Zeichen. Tippen Sie es noch einmal ein.',
      common: 'Dieses Passwort benutzen zu viele. Wählen Sie ein anderes.',
    },
    doneTitle: 'Ihr neues Passwort gilt',
    done: 'Alle Ihre Geräte wurden abgemeldet. Melden Sie sich jetzt mit dem neuen Passwort an; diese Seite können Sie schließen.',
  },
};

/** As the API takes a password: what is too short once it is composed is told at its field. */
function composed(form: unknown, name: string): string | undefined {
  const value = (form as Record<string, unknown>)[name];
  return typeof value === 'string' ? value.normalize('NFC') : undefined;
}

interface Problems {
  readonly password?: string;
  readonly repeat?: string;
}

/** Where the link of a reset mail leads, in either form. Opening it changes nothing. */
@Controller()
export class ResetPasswordPage {
  constructor(
    private readonly resets: PasswordResets,
    private readonly setting: PageSetting,
    private readonly crossSite: CrossSite,
  ) {}

  @Get('reset-password')
  @PageRoute()
  async ask(
    @Query() query: unknown,
    @InLanguage() language: Language,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.form(textOf(query, 'token') || textOf(query, 'verificationCode'), language, reply);
  }

  @Post('pages/reset-password')
  @PageRoute()
  async reset(
    @Req() request: FastifyRequest,
    @Body() form: unknown,
    @FromClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    this.crossSite.refuseForm(request);
    const [password, repeat] = ['password', 'repeat'].map((name) => composed(form, name));
    const said = inLanguage(words, client.language);
    const fault = faultOfNewPassword(password);
    const token = textOf(form, 'token');
    if (fault) return this.form(token, client.language, reply, { password: said.faults[fault] });
    if (password !== repeat) return this.form(token, client.language, reply, { repeat: said.differs });
    try {
      await this.resets.complete(await parseBody(ResetByTokenBody, { token, password }), client);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.form('', client.language, reply);
    }
    const children = <p role="status">{said.done}</p>;
    return pageHtml(this.setting.in(client.language), { title: said.doneTitle, children });
  }

  private async form(
    token: string,
    language: Language,
    reply: FastifyReply,
    problems: Problems = {},
  ): Promise<string> {
    const setting = this.setting.in(language);
    const asked = await this.resets.look(token);
    if (!asked || problems.password || problems.repeat) void reply.code(400);
    if (!asked) return goneHtml(setting);
    const { email } = asked;
    const { title, whose, password, repeat, hint, button } = inLanguage(words, language);
    const shared = { type: 'password', autocomplete: 'new-password' } as const;
    const children = (
      <>
        <p>{whose(email)}</p>
        <AskedIn asked={asked} language={language} />
        <Form action={`${setting.basePath}/pages/reset-password`} hidden={{ token }} button={button}>
          {/* Password managers ask whose password it is. */}
          <input type="email" name="email" value={email} autocomplete="username" hidden readOnly />
          <Field name="password" label={password} hint={hint} problem={problems.password} {...shared} />
          <Field name="repeat" label={repeat} problem={problems.repeat} {...shared} />
        </Form>
      </>
    );
    return pageHtml(setting, { title, children });
  }
}
