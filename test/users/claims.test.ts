import { expect } from 'chai';
import type { UserRecord } from '../../src/store/ports/users.js';
import { SCOPE_CLAIMS, userClaims } from '../../src/users/claims.js';

const BASE = 'https://cdn.link2ur.com/static';

function userWith(extra: Partial<UserRecord> = {}): UserRecord {
  return {
    id: 'a1b2c3d4',
    name: '张三',
    isVerified: false,
    isActive: true,
    updatedAt: new Date('2026-03-01T12:00:00.900Z'),
    ...extra,
  };
}

describe('user claims', () => {
  it('maps everything that is known of a user', () => {
    const user = userWith({
      email: 'zhang@example.com',
      phone: '+8613800138000',
      isVerified: true,
      avatar: '/avatars/1.png',
      languagePreference: 'zh_CN',
      hashedPassword: 'never shown',
    });
    expect(userClaims(user, { avatarBaseUrl: BASE })).to.deep.equal({
      sub: 'a1b2c3d4',
      name: '张三',
      given_name: '三',
      family_name: '张',
      email: 'zhang@example.com',
      email_verified: true,
      phone_number: '+8613800138000',
      picture: `${BASE}/avatars/1.png`,
      locale: 'zh-CN',
      updated_at: 1772366400,
    });
  });

  it('leaves out what is not known', () => {
    const sparse = userWith({ name: ' ', email: '', phone: ' ', avatar: '', languagePreference: '' });
    expect(userClaims(sparse, { avatarBaseUrl: BASE })).to.deep.equal({
      sub: 'a1b2c3d4',
      updated_at: 1772366400,
    });
  });

  it('says that an address is unverified, but nothing when there is none', () => {
    expect(userClaims(userWith({ email: 'a@b.cn' }), {})).to.have.property('email_verified', false);
    expect(userClaims(userWith({ isVerified: true }), {})).not.to.have.property('email_verified');
  });

  it('belongs to some scope with every claim, and every scope has claims it can fill', () => {
    const full = userWith({ email: 'a@b.cn', phone: '+441', avatar: 'a.png', languagePreference: 'en' });
    const claims = Object.keys(userClaims(full, { avatarBaseUrl: BASE }));
    expect(Object.values(SCOPE_CLAIMS).flat()).to.have.members(claims);
  });

  const pictures: Array<[avatar: string, base: string | undefined, picture: string | undefined]> = [
    ['https://img.example.com/a%20b.png?x=1', BASE, 'https://img.example.com/a%20b.png?x=1'],
    ['http://img.example.com/a.png', undefined, 'http://img.example.com/a.png'],
    ['//img.example.com/a.png', BASE, 'https://img.example.com/a.png'],
    ['avatars/a.png', BASE, `${BASE}/avatars/a.png`],
    ['/avatars/a.png', `${BASE}/`, `${BASE}/avatars/a.png`],
    ['头像.png', BASE, `${BASE}/%E5%A4%B4%E5%83%8F.png`],
    ['/\\evil.example/a.png', BASE, `${BASE}//evil.example/a.png`],
    ['avatars/a.png', undefined, undefined],
    ['avatars/a.png', 'ftp://cdn.link2ur.com', undefined],
    ['javascript:alert(1)', BASE, undefined],
    ['data:image/png;base64,AAAA', BASE, undefined],
    ['https://', BASE, undefined],
  ];
  for (const [avatar, base, picture] of pictures) {
    it(`turns the avatar ${avatar} with ${base ?? 'no base'} into ${picture ?? 'no picture'}`, () => {
      const claims = userClaims(userWith({ avatar }), base === undefined ? {} : { avatarBaseUrl: base });
      expect(claims.picture).to.equal(picture);
      expect('picture' in claims).to.equal(picture !== undefined);
    });
  }

  const locales: Array<[preference: string, locale: string | undefined]> = [
    ['zh_CN', 'zh-CN'],
    ['zh-cn', 'zh-CN'],
    ['EN', 'en'],
    ['zh-hant-hk', 'zh-Hant-HK'],
    ['en_GB', 'en-GB'],
    ['english', undefined],
    ['中文', undefined],
    ['zh_', undefined],
    ['zh-CN,en;q=0.8', undefined],
  ];
  for (const [languagePreference, locale] of locales) {
    it(`turns the language ${languagePreference} into ${locale ?? 'no locale'}`, () => {
      const claims = userClaims(userWith({ languagePreference }), {});
      expect(claims.locale).to.equal(locale);
      expect('locale' in claims).to.equal(locale !== undefined);
    });
  }
});
