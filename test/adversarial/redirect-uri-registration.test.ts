// Redirect URIs that may not be registered: those that run code, leave the web or read differently elsewhere.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { WEB_CLIENT } from '../support/app.js';

describe('the registration of redirect URIs', () => {
  const BAD_TO_REGISTER: [uri: string, type: 'web' | 'native'][] = [
    'http://rp.example/cb',
    'http://localhost.evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://192.168.0.1/cb',
    'https://user@rp.example/cb',
    'https://user:pass@rp.example/cb',
    'https://*.rp.example/cb',
    'https://rp.example/*',
    'https://rp.example/a/../cb',
    'https://rp.example/./cb',
    'https://rp.example/%2e%2e/cb',
    'https://rp.example/..',
    'https://rp.example/a\tb',
    'https://rp.example/cb\n',
    ' https://rp.example/cb',
    'https://rp.example/\0',
    'https://rp.example/\ud800',
    'https://r\u0440.example/cb',
    'https://rp.example/caf\u00e9',
    'https://rp.example/cb#f',
    'https://rp.example/cb#',
    'https://evil.example\\@rp.example/cb',
    'https:rp.example/cb',
    'https:/rp.example/cb',
    'https:///cb',
    '//rp.example/cb',
    '/cb',
    '',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'DATA:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://rp.example/1',
    'about:blank',
    'view-source:https://rp.example/',
    'ws://rp.example/cb',
    'wss://rp.example/cb',
    'ftp://rp.example/cb',
    'intent:x',
    'myapp:/cb',
    'urn:ietf:wg:oauth:2.0:oob',
  ].flatMap((uri): [string, 'web' | 'native'][] => [
    [uri, 'web'],
    [uri, 'native'],
  ]);

  it('is refused when they are dangerous', () => {
    const accepted = (['redirect_uris', 'post_logout_redirect_uris'] as const).flatMap((field) =>
      BAD_TO_REGISTER.filter(
        ([uri, type]) =>
          clientInputSchema.safeParse({ ...WEB_CLIENT, application_type: type, [field]: [uri] }).success,
      ).map(([uri, type]) => `${field} ${type} ${uri}`),
    );
    expect(accepted).to.deep.equal([]);
  });

  it('is refused when they are not in canonical form', () => {
    const accepted = [
      'https://RP.example/cb',
      'HTTPS://rp.example/cb',
      'https://rp.example:443/cb',
      'https://127.1/cb',
      'https://rp.example/a"b',
    ].filter((uri) => clientInputSchema.safeParse({ ...WEB_CLIENT, redirect_uris: [uri] }).success);
    expect(accepted).to.deep.equal([]);
  });

  it('is accepted when they are plain', () => {
    const web = [
      'https://rp.example',
      'https://rp.example/',
      'https://rp.example:8443/cb?a=b',
      'http://[::1]:3000/cb',
    ];
    const nativeUris = ['com.example.app:/cb', 'http://127.0.0.1/cb', 'https://rp.example/app'];
    expect(clientInputSchema.safeParse({ ...WEB_CLIENT, redirect_uris: web }).error).to.equal(undefined);
    const app = { ...WEB_CLIENT, application_type: 'native', redirect_uris: nativeUris };
    expect(clientInputSchema.safeParse(app).error).to.equal(undefined);
  });
});
