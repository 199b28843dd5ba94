// The token endpoint without a library in between: what it is sent and how it refuses.
import { expect } from 'chai';
import { REDIRECT_URI, SECRET, type TestApp } from './app.js';

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** A Basic header as it stands: the parts are not encoded again. */
export const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

/** The header of WEB_CLIENT. */
export const BASIC = basic('web-app', SECRET);

/** A POST to the token endpoint. */
export async function send({ issuer }: TestApp, init: RequestInit): Promise<Answer> {
  const response = await fetch(`${issuer}/api/oauth/token`, { method: 'POST', ...init });
  const body = (await response.json()) as Answer['body'];
  return { status: response.status, headers: response.headers, body };
}

/** A form, from a program that says it wants HTML; as WEB_CLIENT unless the headers say otherwise. */
export function sendForm(
  app: TestApp,
  fields: Record<string, string>,
  headers: Record<string, string> = { authorization: BASIC },
): Promise<Answer> {
  return send(app, { headers: { accept: 'text/html', ...headers }, body: new URLSearchParams(fields) });
}

/** The fields that redeem a code. */
export function byCode(code: string, fields: Record<string, string> = {}): Record<string, string> {
  return { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...fields };
}

/** An error as RFC 6749 §5.2 wants it, with a description and an address that explains it. */
export function expectTokenError(
  { issuer }: TestApp,
  { status, headers, body }: Answer,
  error: string,
  expectedStatus = 400,
): void {
  expect(body.error).to.equal(error);
  expect(status).to.equal(expectedStatus);
  expect(headers.get('content-type')).to.match(/^application\/json/);
  expect(headers.get('cache-control')).to.include('no-store');
  expect(body.error_description)
    .to.be.a('string')
    .and.match(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  expect(body.error_uri).to.equal(`${issuer}/api/oauth/errors#${error}`);
  expect(body).to.have.all.keys('error', 'error_description', 'error_uri');
}
