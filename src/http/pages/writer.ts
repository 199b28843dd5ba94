// Owns: sending a page: language, headers, HTML. Does not: compose models.
import type { Context } from 'koa';
import { HTML_LANG, type LocaleHints, pickLocale } from '../i18n/locale.js';
import { contentSecurityPolicy } from '../middleware/security-headers.js';
import { chosenLanguage, languageHref } from './language.js';
import type { PageModels, PageName } from './models.js';
import type { Renderer } from './renderer.js';

/** The little of Koa a page needs; the library's context has it as well. */
export type PageContext = Pick<Context, 'set' | 'get' | 'type' | 'body' | 'method' | 'url'>;

export interface PageOptions extends Pick<LocaleHints, 'uiLocales' | 'userLanguage'> {
  /** CSP sources the page's forms may lead to beside ourselves. */
  formTargets?: readonly string[];
  /** The page is an answer that may be given only once: it runs our script, and is not asked for anew in another language. */
  isAnswer?: boolean;
}

export interface PageWriter {
  write<P extends PageName>(ctx: PageContext, page: P, model: PageModels[P], options?: PageOptions): void;
}

export function createPageWriter(renderer: Renderer): PageWriter {
  return {
    write(ctx, page, model, { formTargets = [], uiLocales, userLanguage, isAnswer = false } = {}) {
      const locale = pickLocale({
        chosen: chosenLanguage(ctx),
        uiLocales,
        userLanguage,
        acceptLanguage: ctx.get('accept-language'),
      });
      const frame = isAnswer ? {} : { languageHref: languageHref(ctx, locale) };
      const { html, imageOrigins } = renderer.draw(page, locale, model, frame);
      ctx.set(
        'Content-Security-Policy',
        contentSecurityPolicy({ formTargets, imageOrigins, runsScript: isAnswer }),
      );
      ctx.set('Content-Language', HTML_LANG[locale]);
      ctx.set('Vary', 'Accept-Language, Cookie');
      ctx.set('Cache-Control', 'no-store');
      ctx.type = 'html';
      ctx.body = html;
    },
  };
}
