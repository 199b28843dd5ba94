import { expect } from 'chai';
import { dateFormat } from '../../src/http/i18n/dates.js';
import { pickLocale } from '../../src/http/i18n/locale.js';
import {
  displayText,
  initialOf,
  partsOf,
  safeHref,
  safeImage,
  safeLink,
} from '../../src/http/pages/display.js';

describe('pages: choosing a language', () => {
  it('takes what the user switched to before anything else', () => {
    const others = { uiLocales: 'zh', userLanguage: 'zh', acceptLanguage: 'zh' };
    expect(pickLocale({ chosen: 'en', ...others })).to.equal('en');
    expect(pickLocale({ chosen: 'xx', ...others })).to.equal('zh');
  });

  it('takes ui_locales next, in order of preference', () => {
    expect(pickLocale({ uiLocales: 'fr zh-Hant-TW en', userLanguage: 'en' })).to.equal('zh');
    expect(pickLocale({ uiLocales: 'EN-GB zh', userLanguage: 'zh' })).to.equal('en');
  });

  it('then the language of the user, then that of the browser', () => {
    expect(pickLocale({ uiLocales: 'fr', userLanguage: 'zh_CN', acceptLanguage: 'en' })).to.equal('zh');
    expect(pickLocale({ userLanguage: 'de', acceptLanguage: 'zh-HK' })).to.equal('zh');
  });

  it('weighs Accept-Language', () => {
    expect(pickLocale({ acceptLanguage: 'en;q=0.5, zh-CN;q=0.8' })).to.equal('zh');
    expect(pickLocale({ acceptLanguage: 'fr, en;q=0.9, zh;q=0.9' })).to.equal('en');
    expect(pickLocale({ acceptLanguage: 'zh;q=0, fr' })).to.equal('en');
    expect(pickLocale({ acceptLanguage: 'zh;q=x, *;q=0.1' })).to.equal('en');
  });

  it('falls back to English', () => {
    expect(pickLocale({})).to.equal('en');
    expect(pickLocale({ uiLocales: '  <script> zhx', acceptLanguage: ';;,,' })).to.equal('en');
  });
});

describe('pages: dates', () => {
  it('are days in the words of each language, exact for programs', () => {
    const date = new Date('2026-11-02T23:30:00Z');
    expect(dateFormat('en')(date)).to.deep.equal({ day: '2 November 2026', iso: '2026-11-02T23:30:00.000Z' });
    expect(dateFormat('zh')(date).day).to.equal('2026年11月2日');
  });
});

describe('pages: text of others', () => {
  it('loses controls, bidi and invisible characters, lines become spaces', () => {
    expect(displayText('a\u202Eb\u2066c\u200Fd\u061Ce\u200Bf\uFEFFg\u0000h\u0085i\u2028j\u00ADk')).to.equal(
      'abcdefgh i jk',
    );
    expect(displayText('\u{E0041}\u3164\u2800\uD800')).to.equal('');
  });

  it('is capped by what one sees, and keeps ordinary scripts', () => {
    expect(displayText('好'.repeat(90), 10)).to.equal(`${'好'.repeat(9)}…`);
    expect(displayText('😀'.repeat(3), 3)).to.equal('😀😀😀');
    expect(displayText('مرحبا José 李')).to.equal('مرحبا José 李');
    expect(displayText(`a${'\u0301'.repeat(50)}`).length).to.be.at.most(6);
  });

  it('becomes a link only if it is http or https without a user name', () => {
    for (const bad of [
      'javascript:alert(1)',
      'data:text/html,x',
      '//evil.example',
      'https://a@b.example',
      'x',
    ]) {
      expect(safeLink(bad), bad).to.equal(undefined);
    }
    expect(safeLink('https://a.example')).to.equal('https://a.example/');
  });

  it('links to our own origin by path only', () => {
    expect(safeHref('/a?b=c')).to.equal('/a?b=c');
    for (const bad of ['//evil.example', '/\\evil.example', '/a b', 'a'])
      expect(safeHref(bad), bad).to.equal(undefined);
  });

  it('is no image of a host that could end a directive of the policy', () => {
    expect(safeImage('https://a.example:8443/x.png')).to.equal('https://a.example:8443/x.png');
    for (const bad of ['https://a;script-src/x', 'https://a,b/x', 'http://a.example/x', '/x']) {
      expect(safeImage(bad), bad).to.equal(undefined);
    }
  });

  it('fills a message without letting a value become a placeholder', () => {
    expect(partsOf('Hi {name}!', { name: '{brand}' })).to.deep.equal([
      { text: 'Hi ', isValue: false },
      { text: '{brand}', isValue: true },
      { text: '!', isValue: false },
    ]);
  });

  it('is known by its first visible character', () => {
    expect(initialOf('\u200B 欧阳')).to.equal('欧');
    expect(initialOf('éclair')).to.equal('É');
  });
});
