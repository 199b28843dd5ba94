// Owns: what scopes and claims are called in the user's language. What is unknown is shown by its name.
import type { AdminScope } from '../../clients/resource-servers.js';
import type { Locale } from './locale.js';

type Texts<Key extends string> = Readonly<Record<Locale, Readonly<Record<Key, string>>>>;

export type KnownScope =
  | 'openid'
  | 'profile'
  | 'email'
  | 'phone'
  | 'address'
  | 'unionid'
  | 'offline_access'
  | AdminScope;

const SCOPES: Texts<KnownScope> = {
  en: {
    openid: 'Verify your identity',
    profile: 'Read your name and profile picture',
    email: 'Read your email address',
    phone: 'Read your phone number',
    address: 'Read your postal address',
    unionid: 'Recognise you in other apps of the same owner',
    offline_access: 'Keep this access while you are away',
    'admin:clients:read': 'As administrator: see all registered apps',
    'admin:clients:write': 'As administrator: register, change and delete apps and their secrets',
    'admin:users:read': 'As administrator: see any user and export their data',
    'admin:users:write': "As administrator: end any user's access, erase their data and grant roles",
    'admin:sessions:read': 'As administrator: see who is signed in',
    'admin:sessions:write': "As administrator: end anybody's sessions",
    'admin:consents:read': 'As administrator: see what users allowed apps to do',
    'admin:consents:write': 'As administrator: withdraw what users allowed apps to do',
    'admin:keys:read': 'As administrator: see the signing keys (never their private parts)',
    'admin:keys:write': 'As administrator: make, rotate and revoke signing keys',
    'admin:resource-servers:read': 'As administrator: see the APIs that tokens are issued for',
    'admin:resource-servers:write':
      'As administrator: register, change and delete APIs that tokens are issued for',
    'admin:audit:read': 'As administrator: read the audit trail',
  },
  zh: {
    openid: '验证你的身份',
    profile: '读取你的昵称和头像',
    email: '读取你的邮箱',
    phone: '读取你的手机号',
    address: '读取你的地址',
    unionid: '在同一主体的其他应用中识别你',
    offline_access: '在你离线时保持上述访问',
    'admin:clients:read': '以管理员身份：查看所有已注册的应用',
    'admin:clients:write': '以管理员身份：注册、修改、删除应用及其密钥',
    'admin:users:read': '以管理员身份：查看任意用户并导出其数据',
    'admin:users:write': '以管理员身份：终止任意用户的访问、清除其数据、授予角色',
    'admin:sessions:read': '以管理员身份：查看谁已登录',
    'admin:sessions:write': '以管理员身份：结束任何人的会话',
    'admin:consents:read': '以管理员身份：查看用户对应用的授权',
    'admin:consents:write': '以管理员身份：撤销用户对应用的授权',
    'admin:keys:read': '以管理员身份：查看签名密钥（不含私钥）',
    'admin:keys:write': '以管理员身份：生成、轮换、吊销签名密钥',
    'admin:resource-servers:read': '以管理员身份：查看令牌所适用的 API',
    'admin:resource-servers:write': '以管理员身份：注册、修改、删除令牌所适用的 API',
    'admin:audit:read': '以管理员身份：查阅审计记录',
  },
};

/** Names in the order in which people are told of them; unknown ones last. */
export function inOrder(scopes: readonly string[]): string[] {
  const known = Object.keys(SCOPES.en);
  const place = (scope: string) => (known.indexOf(scope) + known.length + 1) % (known.length + 1);
  return [...scopes].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

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
  | 'unionid'
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
    unionid: 'an identifier shared by the apps of one owner',
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
    unionid: '同一主体各应用间通用的标识',
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
