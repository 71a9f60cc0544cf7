import { createParamDecorator, Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { httpSettings, type HttpSettings } from '../platform/http/http.settings';
import { languageOf, type Language } from '../platform/language/language';
import { mailSettings, type MailSettings } from '../platform/mail/mail.settings';
import type { Setting } from './page';

/** What all pages have in common on this server. */
@Injectable()
export class PageSetting {
  private readonly basePath: string;
  private readonly platformName: string;

  constructor(
    @Inject(httpSettings.token) { publicUrl }: HttpSettings,
    @Inject(mailSettings.token) { platformName }: MailSettings,
  ) {
    this.basePath = basePathOf(publicUrl);
    this.platformName = platformName;
  }

  in(language: Language): Setting {
    const { basePath, platformName } = this;
    return { basePath, platformName, language };
  }
}

const basePathOf = (publicUrl: string): string => new URL(publicUrl).pathname.replace(/\/+$/, '');

/** The language in which the person before the page reads. */
export const InLanguage = createParamDecorator((_: unknown, context: ExecutionContext): Language => {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return languageOf(headers['accept-language']);
});
