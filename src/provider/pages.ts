// Owns: the contract for the pages the library asks for. http/ draws them.
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { FormPost } from './form-post.js';

export interface ProviderPages {
  /** Draws an error page or, for programs, leaves JSON. */
  error(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): Promise<void>;
  /** Draws a form_post answer that is ready to be posted. */
  formPost(ctx: KoaContextWithOIDC, answer: FormPost): Promise<void>;
  /** Asks whether to log out. */
  logout(ctx: KoaContextWithOIDC, form: string): Promise<void>;
  /** Says that the user is logged out. */
  loggedOut(ctx: KoaContextWithOIDC): Promise<void>;
}
