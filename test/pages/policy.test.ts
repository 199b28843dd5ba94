import { expect } from 'chai';
import { contentSecurityPolicy } from '../../src/http/middleware/security-headers.js';

const directive = (policy: string, name: string) =>
  policy
    .split('; ')
    .find((each) => each.startsWith(`${name} `))
    ?.slice(name.length + 1);

describe('pages: the content security policy', () => {
  it('names origins and the schemes of native apps', () => {
    const formTargets = ['https://rp.example:8443', 'http://127.0.0.1:4711', 'com.example.app:'];
    expect(directive(contentSecurityPolicy({ formTargets }), 'form-action')).to.equal(
      `'self' ${formTargets.join(' ')}`,
    );
  });

  it('leaves out what could end a directive or begin another', () => {
    const bad = [
      'https://a.example;script-src',
      'https://a.example,b',
      "'unsafe-inline'",
      '*',
      'https://a b',
      '',
    ];
    const policy = contentSecurityPolicy({ formTargets: bad, imageOrigins: bad });
    expect(policy).to.equal(contentSecurityPolicy());
    expect(directive(policy, 'img-src')).to.equal("'self'");
  });

  it('does not grow without end on a page with many logos', () => {
    const imageOrigins = Array.from({ length: 500 }, (_, i) => `https://logo-${i}.example`);
    expect(directive(contentSecurityPolicy({ imageOrigins }), 'img-src')).to.equal("'self' https:");
  });
});
