// Owns: sending a page: language, headers, HTML. Does not: compose models.
import type { Context } from 'koa';
import { type LocaleHints, pickLocale } from '../i18n/locale.js';
import { contentSecurityPolicy } from '../middleware/security-headers.js';
import type { PageModels, PageName } from './models.js';
import type { Renderer } from './renderer.js';

/** The little of Koa a page needs; the library's context has it as well. */
export type PageContext = Pick<Context, 'set' | 'get' | 'type' | 'body'>;

export interface PageOptions extends Pick<LocaleHints, 'uiLocales' | 'userLanguage'> {
  /** CSP sources the page's forms may lead to beside ourselves. */
  formTargets?: readonly string[];
}

export interface PageWriter {
  write<P extends PageName>(ctx: PageContext, page: P, model: PageModels[P], options?: PageOptions): void;
}

export function createPageWriter(renderer: Renderer): PageWriter {
  return {
    write(ctx, page, model, { formTargets = [], uiLocales, userLanguage } = {}) {
      const locale = pickLocale({ uiLocales, userLanguage, acceptLanguage: ctx.get('accept-language') });
      ctx.set('Content-Security-Policy', contentSecurityPolicy(formTargets));
      ctx.set('Content-Language', locale === 'zh' ? 'zh-CN' : 'en');
      ctx.set('Vary', 'Accept-Language');
      ctx.set('Cache-Control', 'no-store');
      ctx.type = 'html';
      ctx.body = renderer.render(page, locale, model);
    },
  };
}
