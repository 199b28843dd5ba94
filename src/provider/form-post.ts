// Owns: reading the library's form_post answer, so that it can be drawn as one of our pages.
// @see https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html

/** An answer that the browser posts to the app. */
export interface FormPost {
  action: string;
  fields: Record<string, string>;
}

const MARK = '<title>Submitting Callback</title>';
const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

const decode = (text: string) =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);

/** The answer on the library's page; undefined: the page is none. */
export function formPostOf(body: unknown): FormPost | undefined {
  if (typeof body !== 'string' || !body.includes(MARK)) return undefined;
  const action = /<form method="post" action="([^"]*)">/.exec(body)?.[1];
  if (action === undefined) return undefined;
  const inputs = body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g);
  const fields = Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, decode(value)]));
  return { action: decode(action), fields };
}
