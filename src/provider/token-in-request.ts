// Owns: finding the one token in a request: in the header, the body, or, where that is allowed, the address.
// @see https://www.rfc-editor.org/rfc/rfc6750#section-2
import type { KoaContextWithOIDC } from 'oidc-provider';

/** It holds no token, or more than one, or one where none belongs. The message is for the caller. */
export class MalformedRequest extends Error {}

const MEMBERS = ['token', 'access_token', 'id_token'];

function tokensIn(params: URLSearchParams): string[] {
  return MEMBERS.flatMap((name) => params.getAll(name)).filter((value) => value !== '');
}

function inHeader(header: string): string[] {
  if (header === '') return [];
  const token = /^(?:Bearer|DPoP) +([\w.~+/-]+=*)$/i.exec(header)?.[1];
  if (token === undefined) throw new MalformedRequest('the Authorization header holds no bearer token');
  return [token];
}

/** The form, which was checked on its way in. */
async function formOf(ctx: KoaContextWithOIDC): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  if (ctx.method === 'POST') for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/**
 * The token, and the client that the request names beside it.
 * @throws MalformedRequest
 */
export async function tokenOf(
  ctx: KoaContextWithOIDC,
  { isQueryAllowed }: { isQueryAllowed: boolean },
): Promise<{ token: string; clientId: string | undefined }> {
  const query = new URLSearchParams(ctx.querystring);
  const form = await formOf(ctx);
  const inQuery = tokensIn(query);
  if (inQuery.length > 0 && !isQueryAllowed) {
    throw new MalformedRequest('a token does not belong in an address: send it in the header or the body');
  }
  const [token, ...more] = [...inHeader(ctx.get('authorization')), ...tokensIn(form), ...inQuery];
  if (token === undefined)
    throw new MalformedRequest('a token in the Authorization header or the body is needed');
  if (more.length > 0) throw new MalformedRequest('one token at a time');
  return { token, clientId: form.get('client_id') ?? query.get('client_id') ?? undefined };
}
