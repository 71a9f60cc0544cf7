import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { wire } from '../auth/contracts/wire.contract';
import { MagicLinkSignIn } from '../magic-link/magic-link-sign-in';
import { ByCodeBody, ByTokenBody } from '../magic-link/magic-link.dto';
import { MagicLinkService } from '../magic-link/magic-link.service';
import { parseBody } from '../platform/http/body.pipe';
import { FromClient, type Client } from '../platform/http/client';
import { CrossSite } from '../platform/http/cross-site';
import { inLanguage, type Language, type Translated } from '../platform/language/language';
import type { Asked } from '../platform/one-time/one-time-tokens';
import { deviceKind } from '../sessions/device';
import { AskedIn } from './asked-in';
import { Field, Form, goneHtml, pageHtml } from './page';
import { isRefusal, PageRoute, textOf } from './page-route';
import { PageSetting } from './page-setting';

interface Words {
  readonly title: string;
  readonly ask: (email: string) => string;
  readonly elsewhere: string;
  readonly notYou: string;
  readonly button: string;
  readonly codeTitle: string;
  readonly codeIntro: string;
  readonly email: string;
  readonly code: string;
  readonly wrong: string;
}

const words: Translated<Words> = {
  en: {
    title: 'Sign in',
    ask: (email) => `Sign in as ${email} in this browser?`,
    elsewhere:
      'It was requested in another browser than this one. The button signs you in here; to sign in there, type the code from the mail there instead.',
    notYou: 'If you did not request this link, close this page.',
    button: 'Sign in',
    codeTitle: 'Sign in with a code',
    codeIntro: 'Type the six digits from the mail.',
    email: 'Email address',
    code: 'Code',
    wrong: 'The address or the code is wrong, or the code is too old. After five tries you need a new mail.',
  },
  de: {
    title: 'Anmelden',
    ask: (email) => `In diesem Browser als ${email} anmelden?`,
    elsewhere:
      'Er wurde in einem anderen Browser angefordert als diesem. Der Knopf meldet Sie hier an; um sich dort anzumelden, tippen Sie dort den Code aus der Mail ein.',
    notYou: 'Haben Sie diesen Link nicht angefordert, schließen Sie diese Seite.',
    button: 'Anmelden',
    codeTitle: 'Mit einem Code anmelden',
    codeIntro: 'Tippen Sie die sechs Ziffern aus der Mail ein.',
    email: 'E-Mail-Adresse',
    code: 'Code',
    wrong:
      'Adresse oder Code ist falsch, oder der Code ist zu alt. Nach fünf Versuchen brauchen Sie eine neue Mail.',
  },
};

/** Where a magic link leads: opening it signs nobody in. Without a token, the place to type the code. */
@Controller()
export class MagicLinkPage {
  constructor(
    private readonly links: MagicLinkService,
    private readonly signIn: MagicLinkSignIn,
    private readonly setting: PageSetting,
    private readonly crossSite: CrossSite,
  ) {}

  @Get('magic-link')
  @PageRoute()
  async ask(
    @Query() query: unknown,
    @FromClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const token = textOf(query, 'token');
    if (!token) return this.codeForm(client.language);
    const asked = await this.links.look(token);
    if (asked) return this.linkForm(token, asked, client);
    void reply.code(400);
    return goneHtml(this.setting.in(client.language));
  }

  @Post('pages/magic-link')
  @PageRoute()
  async enter(
    @Req() request: FastifyRequest,
    @Body() form: unknown,
    @FromClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    this.crossSite.refuseForm(request);
    const setting = this.setting.in(client.language);
    const byCode = textOf(form, 'token') === '';
    try {
      const proof = byCode ? await this.proveByCode(form, client) : await this.proveByToken(form, client);
      const { token, refreshToken } = wire.signedIn(await this.signIn.open(proof, client));
      // In the fragment, which no server and no log sees; as after a sign-in with Google.
      const tokens = new URLSearchParams({ token, refreshToken }).toString();
      void reply.code(303).header('location', `${setting.basePath}/auth/callback#${tokens}`);
      return '';
    } catch (error) {
      if (!isRefusal(error)) throw error;
      void reply.code(400);
      return byCode ? this.codeForm(client.language, textOf(form, 'email')) : goneHtml(setting);
    }
  }

  private async proveByCode(form: unknown, client: Client) {
    const { email, code } = await parseBody(ByCodeBody, form);
    return this.links.proveByCode(email, code, client);
  }

  private async proveByToken(form: unknown, client: Client) {
    const { token } = await parseBody(ByTokenBody, form);
    return this.links.proveByToken(token, client);
  }

  private linkForm(token: string, asked: Asked & { email: string }, client: Client): string {
    const { language } = client;
    const setting = this.setting.in(language);
    const said = inLanguage(words, language);
    const children = (
      <>
        <p>{said.ask(asked.email)}</p>
        <AskedIn asked={asked} language={language} />
        {deviceKind(asked) !== deviceKind(client) && <p class="note">{said.elsewhere}</p>}
        <Form action={`${setting.basePath}/pages/magic-link`} hidden={{ token }} button={said.button} />
        <p class="hint">{said.notYou}</p>
      </>
    );
    return pageHtml(setting, { title: said.title, children });
  }

  private codeForm(language: Language, wrongFor?: string): string {
    const setting = this.setting.in(language);
    const said = inLanguage(words, language);
    const problem = wrongFor === undefined ? undefined : said.wrong;
    const children = (
      <>
        <p>{said.codeIntro}</p>
        <Form action={`${setting.basePath}/pages/magic-link`} button={said.button}>
          <Field name="email" label={said.email} type="email" autocomplete="email" value={wrongFor} />
          <Field
            name="code"
            label={said.code}
            type="text"
            autocomplete="one-time-code"
            problem={problem}
            numeric
          />
        </Form>
      </>
    );
    return pageHtml(setting, { title: said.codeTitle, children });
  }
}
