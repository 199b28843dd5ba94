// Owns: the contract for the pages the library asks for. http/ draws them.
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import type { FormPost } from './form-post.js';

/** What a person is shown of the device that shows a code. */
export interface DeviceView {
  /** As the device shows it. */
  userCode: string;
  /** What the device calls itself: anybody's text. */
  product?: string | undefined;
  /** It asked from another network than the browser at hand is in. */
  isElsewhere: boolean;
}

/** The pages of the device flow. */
export interface DevicePages {
  /** Asks for the code a device shows. */
  enterCode(ctx: KoaContextWithOIDC, known: { userCode?: string; isWrong?: boolean }): Promise<void>;
  /** Asks whether the device is theirs. */
  confirm(ctx: KoaContextWithOIDC, device: DeviceView): Promise<void>;
  /** Says that they can go back to the device. */
  answered(ctx: KoaContextWithOIDC, answer: 'approved' | 'denied'): Promise<void>;
  /** Says why it cannot go on, and where to begin again; `kind` where the error code alone says too little. */
  failed(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error, kind?: string): Promise<void>;
}

export interface ProviderPages {
  device: DevicePages;
  /** Draws an error page or, for programs, leaves JSON. */
  error(ctx: KoaContextWithOIDC, out: ErrorOut, error: Error): Promise<void>;
  /** Draws a form_post answer that is ready to be posted. */
  formPost(ctx: KoaContextWithOIDC, answer: FormPost): Promise<void>;
  /** Asks whether to log out. */
  logout(ctx: KoaContextWithOIDC, form: string): Promise<void>;
  /** Says that the user is logged out. */
  loggedOut(ctx: KoaContextWithOIDC): Promise<void>;
}
