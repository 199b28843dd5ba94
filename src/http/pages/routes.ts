// Owns: the pages that belong to no interaction, and the files pages load.
import Router from '@koa/router';
import { ROUTES } from '../../provider/routes.js';
import type { HttpContext, RequestState } from '../context.js';
import { createLanguageRoute, LANGUAGE_PATH } from './language.js';
import type { Renderer } from './renderer.js';
import type { PageWriter } from './writer.js';

const ONE_YEAR_SECONDS = 31_536_000;

export interface PageRouteDeps {
  issuer: string;
  pages: PageWriter;
  renderer: Renderer;
}

export function createPageRoutes({ issuer, pages, renderer }: PageRouteDeps) {
  const router = new Router<RequestState, HttpContext>({ strict: true, sensitive: true });
  const discoveryUrl = ROUTES.discovery;

  router.get('/', (ctx) => pages.write(ctx, 'root', { discoveryUrl }));
  router.get(ROUTES.errorReference, (ctx) => pages.write(ctx, 'error-reference', { discoveryUrl }));
  router.get(LANGUAGE_PATH, createLanguageRoute({ isHttps: issuer.startsWith('https:') }));
  router.get('/favicon.ico', (ctx) => {
    ctx.status = 204;
  });
  router.get('/assets/:file', (ctx) => {
    const asset = renderer.assets.get(ctx.path);
    if (!asset) return;
    ctx.set('Cache-Control', `public, max-age=${ONE_YEAR_SECONDS}, immutable`);
    ctx.set('ETag', asset.etag);
    ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
    ctx.type = asset.type;
    if (ctx.fresh) ctx.status = 304;
    else ctx.body = asset.body;
  });
  return router;
}
