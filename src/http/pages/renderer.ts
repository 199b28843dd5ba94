// Owns: turning a page name, a language and a model into HTML, and the files those pages load.
// Does not: decide what a page shows (models), set headers, or serve the files.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import ejs from 'ejs';
import { dateFormat } from '../i18n/dates.js';
import { errorReference } from '../i18n/error-reference.js';
import { errorText } from '../i18n/errors.js';
import { HTML_LANG, type Locale, OTHER_LOCALE, OWN_NAME } from '../i18n/locale.js';
import { MESSAGES, type Messages } from '../i18n/messages.js';
import { ERROR_PHRASE } from '../i18n/phrases.js';
import { claimText, scopeText } from '../i18n/scopes.js';
import { brandStyle } from './brand-colors.js';
import * as display from './display.js';
import type { PageModels, PageName } from './models.js';

/** Whose pages these are. Addresses are the operator's own, absolute or on our origin. */
export interface Brand {
  name: string;
  /** On our origin or https; the built-in mark otherwise. */
  logoUrl?: string | undefined;
  /** `#rrggbb`; the built-in blue otherwise. */
  color?: string | undefined;
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

/** What stands around a page and depends on the request. */
export interface Frame {
  /** Where the page can be had in the other language; without it there is no switch. */
  languageHref?: string | undefined;
}

export interface Drawn {
  html: string;
  /** Origins beside our own that the page shows images from. */
  imageOrigins: string[];
}

export interface Renderer {
  /** The page and what it needs to load. Throws only if a view itself is broken. */
  draw<Page extends PageName>(page: Page, locale: Locale, model: PageModels[Page], frame?: Frame): Drawn;
  /** The HTML document alone. */
  render<Page extends PageName>(page: Page, locale: Locale, model: PageModels[Page], frame?: Frame): string;
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
  '.js': 'text/javascript; charset=utf-8',
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

function loadAssets(viewsDir: string, brand: Brand): Pick<Loaded, 'assets' | 'assetPaths'> {
  const assets = new Map<string, Asset>();
  const assetPaths = new Map<string, string>();
  const add = (file: string, body: Buffer) => {
    const extension = extname(file);
    const type = ASSET_TYPES[extension];
    if (type === undefined) return;
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const path = `/assets/${file.slice(0, -extension.length)}.${hash}${extension}`;
    assets.set(path, { body, type, etag: `"${hash}"` });
    assetPaths.set(file, path);
  };
  const folder = join(viewsDir, 'assets');
  for (const file of readdirSync(folder)) add(file, readFileSync(join(folder, file)));
  if (brand.color !== undefined) add('brand.css', Buffer.from(brandStyle(brand.color)));
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
  const days = new Intl.DateTimeFormat(HTML_LANG[locale], { dateStyle: 'long', timeZone: 'UTC' });
  return {
    locale,
    lang: HTML_LANG[locale],
    t,
    brand,
    errorPhrase: ERROR_PHRASE,
    text: display.displayText,
    link: display.safeLink,
    href: display.safeHref,
    host: display.displayHost,
    returnTarget: display.returnTarget,
    initialOf: display.initialOf,
    mixesAlphabets: display.mixesAlphabets,
    /** The client's name, or a stand-in if nothing of it can be seen. */
    appName: (client?: { name: string }) => display.displayText(client?.name) || t.common.anApp,
    parts: (message: string, values: Readonly<Record<string, string | undefined>> = {}) =>
      display.partsOf(message, { brand: brand.name, ...values }),
    scopeText: (scope: string) => scopeText(locale, scope),
    /** A text of others in this language, else in the other. */
    wordsOf: (words?: { en?: string; zh?: string }) =>
      display.displayText(words?.[locale] ?? words?.en ?? words?.zh, 200),
    /** What stands under this language. */
    own: <T>(versions: Readonly<Record<Locale, T>>) => versions[locale],
    /** A date as `{ day, iso }`; partials/date draws it. */
    date: dateFormat(locale),
    claimText: (claim: string) => claimText(locale, claim),
    errorText: (kind: string) => errorText(locale, kind),
    /** The day, in words; UTC, for nobody tells us where the user is. */
    day: (date: Date) => days.format(date),
    errorReference: () => errorReference(locale),
  };
}

/** The ways to an image's address, and the origins that were asked for. */
function createImages() {
  const origins = new Set<string>();
  const image = (url?: string) => {
    const safe = display.safeImage(url);
    if (safe !== undefined) origins.add(new URL(safe).origin);
    return safe;
  };
  /** Also a path on our own origin. */
  const ownImage = (url?: string) => image(url) ?? (url?.startsWith('/') ? display.safeHref(url) : undefined);
  return { origins, image, ownImage };
}

/** Reads and compiles the views and assets of `viewsDir`; throws if a view does not compile. */
export function createRenderer({ viewsDir, brand, cache }: RendererOptions): Renderer {
  const load = (): Loaded => ({ templates: loadTemplates(viewsDir), ...loadAssets(viewsDir, brand) });
  const once = load();
  const current = () => (cache ? once : load());
  const tools = { zh: createTools('zh', brand), en: createTools('en', brand) };

  const draw: Renderer['draw'] = (page, locale, model, { languageHref } = {}) => {
    const { templates, assetPaths } = current();
    const fill = (name: string, locals: object): string => {
      const template = templates.get(name);
      if (!template) throw new Error(`no view named ${name}`);
      const include = (part: string, extra: object = {}) => fill(part, { ...locals, ...extra });
      return template({ ...locals, include });
    };
    const other = OTHER_LOCALE[locale];
    const { origins, image, ownImage } = createImages();
    const html = fill('layout', {
      ...tools[locale],
      page,
      model,
      image,
      ownImage,
      title: titleOf(page, model, locale, brand),
      language: languageHref && { href: languageHref, lang: HTML_LANG[other], name: OWN_NAME[other] },
      asset: (file: string) => assetPaths.get(file),
    });
    return { html, imageOrigins: [...origins] };
  };

  return {
    draw,
    render: (...args) => draw(...args).html,
    get assets() {
      return current().assets;
    },
  };
}
