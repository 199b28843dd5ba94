// A browser without JavaScript: cookies, redirects, forms. Enough to log in, agree and log out.
interface Cookie {
  value: string;
  path: string;
}

export interface Page {
  status: number;
  url: string;
  headers: Headers;
  text: string;
  location: string | undefined;
}

export interface Form {
  action: string;
  fields: Record<string, string>;
}

const decode = (text: string) =>
  text
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#x2F;', '/')
    .replaceAll('&amp;', '&');

const attribute = (tag: string, name: string) => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : decode(found);
};

/** The form with this id (or the n-th, by number) and its hidden fields. */
export function formIn(page: Page, id: string | number): Form {
  const forms = [...page.text.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/g)].map((match) => match[0]);
  const form = typeof id === 'number' ? forms[id] : forms.find((text) => attribute(text, 'id') === id);
  if (!form) throw new Error(`no form ${id} at ${page.url}: ${page.text.slice(0, 400)}`);
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(tag, 'name');
    if (name !== undefined && attribute(tag, 'type') === 'hidden')
      fields[name] = attribute(tag, 'value') ?? '';
  }
  const action = attribute(/<form\b[^>]*>/.exec(form)?.[0] ?? '', 'action') ?? '';
  return { action: new URL(action, page.url).href, fields };
}

export class Agent {
  readonly #cookies = new Map<string, Cookie>();
  headers: Record<string, string> = { accept: 'text/html', 'accept-language': 'en' };

  /** The cookies sent to `url`. */
  cookieHeader(url: string): string {
    const { pathname } = new URL(url);
    return [...this.#cookies.entries()]
      .filter(
        ([, { path }]) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
      )
      .map(([key, { value }]) => `${key.split('\n')[0]}=${value}`)
      .join('; ');
  }

  cookieNames(): string[] {
    return [...this.#cookies.keys()].map((key) => key.split('\n')[0] ?? '');
  }

  /** A cookie that somebody else on this host has set. */
  setCookie(name: string, value: string): void {
    this.#cookies.set(`${name}\n/`, { value, path: '/' });
  }

  dropCookie(name: string): void {
    this.#cookies.delete(`${name}\n/`);
  }

  clearCookies(): void {
    this.#cookies.clear();
  }

  /** Another browser window of the same profile at this moment: the same cookies, apart from now on. */
  fork(): Agent {
    const copy = new Agent();
    for (const [key, cookie] of this.#cookies) copy.#cookies.set(key, cookie);
    return copy;
  }

  #store(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const split = pair.indexOf('=');
      const name = pair.slice(0, split);
      const value = pair.slice(split + 1);
      const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) ?? '/';
      const expires = attributes.find((text) => /^expires=/i.test(text))?.slice(8);
      const key = `${name}\n${path}`;
      if (value === '' || (expires && new Date(expires).getTime() <= Date.now())) this.#cookies.delete(key);
      else this.#cookies.set(key, { value, path });
    }
  }

  async request(url: string, init: RequestInit = {}): Promise<Page> {
    const cookie = this.cookieHeader(url);
    const response = await fetch(url, {
      redirect: 'manual',
      ...init,
      headers: {
        ...this.headers,
        ...(cookie ? { cookie } : {}),
        ...(init.headers as Record<string, string>),
      },
    });
    this.#store(response);
    const location = response.headers.get('location');
    return {
      status: response.status,
      url,
      headers: response.headers,
      text: await response.text(),
      location: location === null ? undefined : new URL(location, url).href,
    };
  }

  get(url: string): Promise<Page> {
    return this.request(url);
  }

  post(url: string, fields: Record<string, string>): Promise<Page> {
    return this.request(url, { method: 'POST', body: new URLSearchParams(fields) });
  }

  submit(form: Form, fields: Record<string, string> = {}): Promise<Page> {
    return this.post(form.action, { ...form.fields, ...fields });
  }

  /** Follows redirects while they stay on `origin`; the page that is no redirect, or the one that leaves. */
  async follow(start: Page | string, origin: string): Promise<Page> {
    let page = typeof start === 'string' ? await this.get(start) : start;
    for (let hops = 0; page.location?.startsWith(`${origin}/`); hops += 1) {
      if (hops > 10) throw new Error(`too many redirects at ${page.url}`);
      page = await this.get(page.location);
    }
    return page;
  }
}
