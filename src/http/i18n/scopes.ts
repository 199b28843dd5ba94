// Owns: what scopes and claims are called in the user's language. What is unknown is shown by its name.
import type { Locale } from './locale.js';

type Texts<Key extends string> = Readonly<Record<Locale, Readonly<Record<Key, string>>>>;

export type KnownScope = 'openid' | 'profile' | 'email' | 'phone' | 'address' | 'offline_access';

const SCOPES: Texts<KnownScope> = {
  en: {
    openid: 'Verify your identity',
    profile: 'Read your name and profile picture',
    email: 'Read your email address',
    phone: 'Read your phone number',
    address: 'Read your postal address',
    offline_access: 'Keep this access while you are away',
  },
  zh: {
    openid: '验证你的身份',
    profile: '读取你的昵称和头像',
    email: '读取你的邮箱',
    phone: '读取你的手机号',
    address: '读取你的地址',
    offline_access: '在你离线时保持上述访问',
  },
};

export type KnownClaim =
  | 'name'
  | 'given_name'
  | 'family_name'
  | 'nickname'
  | 'preferred_username'
  | 'picture'
  | 'email'
  | 'email_verified'
  | 'phone_number'
  | 'phone_number_verified'
  | 'address'
  | 'birthdate'
  | 'gender'
  | 'locale'
  | 'zoneinfo'
  | 'updated_at';

const CLAIMS: Texts<KnownClaim> = {
  en: {
    name: 'name',
    given_name: 'given name',
    family_name: 'family name',
    nickname: 'nickname',
    preferred_username: 'user name',
    picture: 'profile picture',
    email: 'email address',
    email_verified: 'whether the email address is verified',
    phone_number: 'phone number',
    phone_number_verified: 'whether the phone number is verified',
    address: 'postal address',
    birthdate: 'date of birth',
    gender: 'gender',
    locale: 'language',
    zoneinfo: 'time zone',
    updated_at: 'when the profile last changed',
  },
  zh: {
    name: '姓名',
    given_name: '名',
    family_name: '姓',
    nickname: '昵称',
    preferred_username: '用户名',
    picture: '头像',
    email: '邮箱',
    email_verified: '邮箱是否已验证',
    phone_number: '手机号',
    phone_number_verified: '手机号是否已验证',
    address: '地址',
    birthdate: '生日',
    gender: '性别',
    locale: '语言',
    zoneinfo: '时区',
    updated_at: '资料更新时间',
  },
};

function lookUp(texts: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(texts, key) ? texts[key] : undefined;
}

/** The scope in plain words, or undefined for one we have no words for. */
export function scopeText(locale: Locale, scope: string): string | undefined {
  return lookUp(SCOPES[locale], scope);
}

/** The claim in plain words, or undefined for one we have no words for. */
export function claimText(locale: Locale, claim: string): string | undefined {
  return lookUp(CLAIMS[locale], claim);
}
