// Owns: turning a page name, a language and a model into HTML, and the files those pages load.
// Does not: decide what a page shows (models), set headers, or serve the files.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import ejs from 'ejs';
import { errorReference } from '../i18n/error-reference.js';
import { errorText } from '../i18n/errors.js';
import { HTML_LANG, type Locale } from '../i18n/locale.js';
import { MESSAGES, type Messages } from '../i18n/messages.js';
import { ERROR_PHRASE } from '../i18n/phrases.js';
import { claimText, scopeText } from '../i18n/scopes.js';
import * as display from './display.js';
import type { PageModels, PageName } from './models.js';

/** Whose pages these are. Addresses are the operator's own, absolute or on our origin. */
export interface Brand {
  name: string;
  /** On our origin or https; the built-in mark otherwise. */
  logoUrl?: string | undefined;
  homeUrl?: string | undefined;
  privacyUrl?: string | undefined;
  termsUrl?: string | undefined;
}

export interface Asset {
  body: Buffer;
  type: string;
  /** Quoted, as the header wants it. */
  etag: string;
}

export interface Renderer {
  /** The whole HTML document. Throws only if a view itself is broken. */
  render<Page extends PageName>(page: Page, locale: Locale, model: PageModels[Page]): string;
  /** Path (`/assets/style.<hash>.css`) to file; the hash is of the content, so cache for ever. */
  readonly assets: ReadonlyMap<string, Asset>;
}

export interface RendererOptions {
  viewsDir: string;
  brand: Brand;
  /** Read everything once, now (production); otherwise again on each use (while designing). */
  cache: boolean;
}

type Template = (locals: object) => string;

interface Loaded {
  templates: ReadonlyMap<string, Template>;
  assets: ReadonlyMap<string, Asset>;
  /** File name to its path with the hash. */
  assetPaths: ReadonlyMap<string, string>;
}

const ASSET_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

function loadTemplates(viewsDir: string): Map<string, Template> {
  const files = readdirSync(viewsDir, { recursive: true, encoding: 'utf8' }).filter(
    (file) => extname(file) === '.ejs',
  );
  return new Map(
    files.map((file) => {
      const filename = join(viewsDir, file);
      // Strict, so no `with`: everything a view uses hangs on `it`. `it.include` stands in for the
      // library's include, which looks at the disk on every call even when it caches.
      const options = { filename, strict: true, localsName: 'it', rmWhitespace: true };
      const template = ejs.compile(readFileSync(filename, 'utf8'), options);
      return [file.replaceAll('\\', '/').slice(0, -'.ejs'.length), template];
    }),
  );
}

function loadAssets(viewsDir: string): Pick<Loaded, 'assets' | 'assetPaths'> {
  const assets = new Map<string, Asset>();
  const assetPaths = new Map<string, string>();
  for (const file of readdirSync(join(viewsDir, 'assets'))) {
    const extension = extname(file);
    const type = ASSET_TYPES[extension];
    if (type === undefined) continue;
    const body = readFileSync(join(viewsDir, 'assets', file));
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const path = `/assets/${file.slice(0, -extension.length)}.${hash}${extension}`;
    assets.set(path, { body, type, etag: `"${hash}"` });
    assetPaths.set(file, path);
  }
  return { assets, assetPaths };
}

/** The page's `<title>`. A client's name stays out of it: a tab cannot isolate foreign text. */
function titleOf(page: PageName, model: PageModels[PageName], locale: Locale, brand: Brand): string {
  const t = MESSAGES[locale];
  const heading =
    page === 'error' && 'code' in model
      ? errorText(locale, model.kind ?? model.code).heading
      : t.titles[page];
  const failed = 'problem' in model && model.problem !== undefined;
  return `${failed ? t.common.errorTitlePrefix : ''}${heading} – ${brand.name}`;
}

/** What is the same on every page of one language: texts and the helpers that make foreign text safe. */
function createTools(locale: Locale, brand: Brand) {
  const t: Messages = MESSAGES[locale];
  return {
    locale,
    lang: HTML_LANG[locale],
    t,
    brand,
    errorPhrase: ERROR_PHRASE,
    text: display.displayText,
    link: display.safeLink,
    href: display.safeHref,
    image: display.safeImage,
    ownImage: (url?: string) =>
      display.safeImage(url) ?? (url?.startsWith('/') ? display.safeHref(url) : undefined),
    host: display.displayHost,
    returnTarget: display.returnTarget,
    initialOf: display.initialOf,
    /** The client's name, or a stand-in if nothing of it can be seen. */
    appName: (client?: { name: string }) => display.displayText(client?.name) || t.common.anApp,
    parts: (message: string, values: Readonly<Record<string, string | undefined>> = {}) =>
      display.partsOf(message, { brand: brand.name, ...values }),
    scopeText: (scope: string) => scopeText(locale, scope),
    claimText: (claim: string) => claimText(locale, claim),
    errorText: (kind: string) => errorText(locale, kind),
    errorReference: () => errorReference(locale),
  };
}

/** Reads and compiles the views and assets of `viewsDir`; throws if a view does not compile. */
export function createRenderer({ viewsDir, brand, cache }: RendererOptions): Renderer {
  const load = (): Loaded => ({ templates: loadTemplates(viewsDir), ...loadAssets(viewsDir) });
  const once = load();
  const current = () => (cache ? once : load());
  const tools = { zh: createTools('zh', brand), en: createTools('en', brand) };

  return {
    render(page, locale, model) {
      const { templates, assetPaths } = current();
      const draw = (name: string, locals: object): string => {
        const template = templates.get(name);
        if (!template) throw new Error(`no view named ${name}`);
        const include = (part: string, extra: object = {}) => draw(part, { ...locals, ...extra });
        return template({ ...locals, include });
      };
      return draw('layout', {
        ...tools[locale],
        page,
        model,
        title: titleOf(page, model, locale, brand),
        asset: (file: string) => assetPaths.get(file),
      });
    },
    get assets() {
      return current().assets;
    },
  };
}
