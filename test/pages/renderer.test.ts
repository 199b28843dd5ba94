import { expect } from 'chai';
import { ERROR_KINDS, errorText } from '../../src/http/i18n/errors.js';
import { LOCALES, type Locale } from '../../src/http/i18n/locale.js';
import { ERROR_PHRASE, LOGIN_HEADING, SIGNED_OUT_PHRASE } from '../../src/http/i18n/phrases.js';
import { PAGE_NAMES, type PageModels, type PageName } from '../../src/http/pages/models.js';
import { createRenderer } from '../../src/http/pages/renderer.js';
import { projectPath } from '../../src/lib/paths.js';
import { HOSTILE, MODELS, modelsWith } from './models.js';

const brand = { name: 'Link²Ur', homeUrl: 'https://www.link2ur.com', privacyUrl: '/privacy' };
const renderer = createRenderer({ viewsDir: projectPath('views'), brand, cache: true });

function each(models: PageModels, check: (html: string, page: PageName, locale: Locale) => void): void {
  for (const locale of LOCALES) {
    for (const page of PAGE_NAMES) check(renderer.render(page, locale, models[page]), page, locale);
  }
}

/** The document with its text and attribute values blanked: what is left is what the browser obeys. */
const tagsOf = (html: string) => (html.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));

describe('pages: every page', () => {
  it('is a whole document with language, title and one main heading, in both languages', () => {
    each(MODELS, (html, page, locale) => {
      expect(html, page).to.match(/^<!doctype html>/);
      expect(html, page).to.contain(`<html lang="${locale === 'zh' ? 'zh-CN' : 'en'}">`);
      expect(html, page).to.match(/<title>[^<]+ – Link²Ur<\/title>/);
      expect(html.match(/<h1[ >]/g), page).to.have.length(1);
      expect(html, page).not.to.match(/undefined|\[object|\{\w+\}/);
    });
  });

  it('loads nothing but its own hashed assets and the https logo of the client', () => {
    each(MODELS, (html, page) => {
      const loaded = [...html.matchAll(/<(?:link|img)[^>]*? (?:href|src)="([^"]+)"/g)].map(
        (match) => match[1],
      );
      expect(loaded, page).not.to.be.empty;
      for (const url of loaded) {
        expect(renderer.assets.has(url ?? '') || url === MODELS.login.client?.logoUri, url).to.equal(true);
      }
    });
  });

  it('carries no script that is not a file of ours; only an answer on its way to the app has one', () => {
    each(modelsWith(HOSTILE, HOSTILE), (html, page) => {
      const scripts = [...html.matchAll(/<script[^>]*>([^<]*)<\/script>/g)];
      expect(scripts, page).to.have.length(page === 'form-post' ? 1 : 0);
      for (const [tag, content] of scripts) {
        expect(content).to.equal('');
        expect(renderer.assets.has(/^<script src="([^"]+)">/.exec(tag)?.[1] ?? ''), tag).to.equal(true);
      }
    });
  });

  it('carries no other script, inline style or event handler, whatever the text', () => {
    for (const models of [MODELS, modelsWith(HOSTILE, HOSTILE), modelsWith(HOSTILE, 'javascript:alert(1)')]) {
      each(models, (html, page) => {
        const rest = html.replace(/<script src="\/assets\/submit\.\w+\.js"><\/script>/, '');
        for (const tag of tagsOf(rest))
          expect(tag, page).not.to.match(/^<(script|style|iframe)|\s(on\w+|style)=/i);
        expect(rest, page).not.to.match(/<script|javascript:/i);
      });
    }
  });

  it('keeps its structure under hostile text', () => {
    const calm = modelsWith('calm', 'mailto:calm@example.com');
    const hostile = modelsWith(HOSTILE, 'javascript:alert(1)');
    each(calm, (html, page, locale) => {
      const attacked = renderer.render(page, locale, hostile[page]);
      expect(tagsOf(attacked), page).to.deep.equal(tagsOf(html));
    });
  });

  it('shows no invisible or direction-changing character of foreign text', () => {
    each(modelsWith(HOSTILE, `https://e.example/${HOSTILE}`), (html, page) => {
      expect(html.replaceAll('\n', ''), page).not.to.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    });
  });

  it('gives every form an action and its token', () => {
    each(MODELS, (html, page) => {
      // Posted to the app, which knows it by its state.
      if (page === 'form-post') return;
      for (const [formHtml] of html.matchAll(/<form[\s\S]*?<\/form>/g)) {
        expect(formHtml, page).to.match(/<form [^>]*method="post" action="\/[^"]+"/);
        expect(formHtml, page).to.match(/name="csrf" value="csrf-token"|name="xsrf" value="xsrf-token"/);
      }
    });
  });

  it('has each id once', () => {
    each(MODELS, (html, page) => {
      const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
      expect(new Set(ids).size, page).to.equal(ids.length);
    });
  });
});

describe('pages: what stands around them', () => {
  it('is a switch to the other language, in that language, where there is a way', () => {
    const languageHref = '/language?to=zh&back=%2F';
    each(MODELS, (html, page, locale) => {
      expect(html, page).not.to.contain('language-switch');
      const framed = renderer.render(page, locale, MODELS[page], { languageHref });
      const [tag, lang] = locale === 'zh' ? ['English', 'en'] : ['中文', 'zh-CN'];
      expect(framed, page).to.contain('href="/language?to=zh&amp;back=%2F"');
      expect(framed, page).to.match(new RegExp(`lang="${lang}" hreflang="${lang}">.*</svg>${tag}</a>`));
    });
  });

  it('names the origins of the images that are shown, and no others', () => {
    const { imageOrigins } = renderer.draw('consent', 'en', MODELS.consent);
    expect(imageOrigins).to.deep.equal(['https://market.example.com']);
    expect(renderer.draw('root', 'en', MODELS.root).imageOrigins).to.deep.equal([]);
  });
});

describe('pages: stable ids and phrases', () => {
  const ids: Partial<Record<PageName, string[]>> = {
    login: ['login-form', 'login-username', 'login-password', 'login-submit', 'cancel-submit'],
    handoff: ['handoff-continue', 'cancel-form', 'cancel-submit'],
    'select-account': ['account-form', 'account-continue', 'account-other'],
    consent: ['consent-form', 'consent-allow', 'consent-deny', 'switch-account'],
    error: ['error-phrase', 'error-code', 'error-description', 'error-continue'],
    logout: ['logout-form', 'logout-confirm', 'logout-cancel'],
    'logged-out': ['signed-out', 'logged-out-continue'],
  };

  it('are on their pages', () => {
    each(MODELS, (html, page) => {
      for (const id of ids[page] ?? []) expect(html, page).to.contain(` id="${id}"`);
    });
  });

  it('say on every error page the phrase, the code and the description, in that order', () => {
    for (const locale of LOCALES) {
      const html = renderer.render('error', locale, {
        code: 'invalid_request',
        description: 'no such thing',
      });
      const text = html.replace(/<[^>]*>/g, '');
      expect(text).to.match(new RegExp(`${ERROR_PHRASE}: invalid_request\\s+no such thing`));
    }
  });

  it('name the login and signed-out pages', () => {
    for (const locale of LOCALES) {
      expect(renderer.render('login', locale, MODELS.login)).to.contain(`<h1>${LOGIN_HEADING[locale]}</h1>`);
      const out = renderer.render('logged-out', locale, {});
      expect(out).to.contain(`<h1 id="signed-out">${SIGNED_OUT_PHRASE[locale]}</h1>`);
    }
  });

  it('explain each kind of error in words of its own', () => {
    for (const locale of LOCALES) {
      const headings = ERROR_KINDS.map((kind) => errorText(locale, kind).heading);
      expect(new Set(headings).size).to.equal(headings.length);
      expect(errorText(locale, 'constructor')).to.equal(errorText(locale, 'unknown'));
    }
  });
});
