import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseBody } from '../platform/http/body.pipe';
import { FromClient, type Client } from '../platform/http/client';
import { CrossSite } from '../platform/http/cross-site';
import { inLanguage, type Language, type Translated } from '../platform/language/language';
import { EmailVerification } from '../users/email-verification';
import { VerifyBody } from '../users/verification.dto';
import { AskedIn } from './asked-in';
import { Form, goneHtml, pageHtml } from './page';
import { isRefusal, PageRoute, textOf } from './page-route';
import { InLanguage, PageSetting } from './page-setting';

const words: Translated<{
  title: string;
  ask: (email: string) => string;
  button: string;
  doneTitle: string;
  done: (email: string) => string;
}> = {
  en: {
    title: 'Confirm your email address',
    ask: (email) => `Is ${email} your address, and did you create an account with it?`,
    button: 'Yes, confirm it',
    doneTitle: 'Your address is confirmed',
    done: (email) => `${email} is confirmed. You can close this page.`,
  },
  de: {
    title: 'E-Mail-Adresse bestätigen',
    ask: (email) => `Ist ${email} Ihre Adresse, und haben Sie damit ein Konto angelegt?`,
    button: 'Ja, bestätigen',
    doneTitle: 'Ihre Adresse ist bestätigt',
    done: (email) => `${email} ist bestätigt. Sie können diese Seite schließen.`,
  },
};

/** Where the link of a verification mail leads. Opening it changes nothing. */
@Controller()
export class VerifyPage {
  constructor(
    private readonly verification: EmailVerification,
    private readonly setting: PageSetting,
    private readonly crossSite: CrossSite,
  ) {}

  @Get(['auth/verify', 'v1/auth/verify'])
  @PageRoute()
  async ask(
    @Query() query: unknown,
    @InLanguage() language: Language,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const setting = this.setting.in(language);
    const { title, ask, button } = inLanguage(words, language);
    const given = { email: textOf(query, 'email'), verificationCode: textOf(query, 'verificationCode') };
    const body = await parseBody(VerifyBody, given).catch(() => undefined);
    const asked = body && (await this.verification.look(body.email, body.verificationCode));
    if (!asked) {
      void reply.code(400);
      return goneHtml(setting);
    }
    const children = (
      <>
        <p>{ask(body.email)}</p>
        <AskedIn asked={asked} language={language} />
        <Form action={`${setting.basePath}/pages/verify`} hidden={{ ...body }} button={button} />
      </>
    );
    return pageHtml(setting, { title, children });
  }

  @Post('pages/verify')
  @PageRoute()
  async verify(
    @Req() request: FastifyRequest,
    @Body() form: unknown,
    @FromClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    this.crossSite.refuseForm(request);
    const setting = this.setting.in(client.language);
    try {
      const { email, verificationCode } = await parseBody(VerifyBody, form);
      await this.verification.complete(email, verificationCode, client);
      const { doneTitle, done } = inLanguage(words, client.language);
      return pageHtml(setting, { title: doneTitle, children: <p role="status">{done(email)}</p> });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      void reply.code(400);
      return goneHtml(setting);
    }
  }
}
