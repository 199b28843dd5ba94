// Owns: what an error page tells a person. Does not: explain codes to developers (error-reference.ts).
import type { Locale } from './locale.js';

export interface ErrorText {
  heading: string;
  body: string;
}

const en = {
  invalid_request: {
    heading: 'This sign-in request is not valid',
    body: 'We cannot understand what the app sent. Go back and try again, or tell the app’s developer.',
  },
  invalid_client: {
    heading: 'We do not know this app',
    body: 'The app is not registered with {brand}, or it has been switched off. Nothing was shared with it.',
  },
  unauthorized_client: {
    heading: 'This app may not do that',
    body: 'The app asked for something it is not registered for. Nothing was shared with it.',
  },
  invalid_redirect_uri: {
    heading: 'The return address is not registered',
    body: 'The app wants you sent to an address it never registered. We stopped here; nothing was shared.',
  },
  invalid_request_uri: {
    heading: 'This sign-in request has expired',
    body: 'It was open too long, or was used already. Go back to the app and start again.',
  },
  invalid_scope: {
    heading: 'The app asked for unknown permissions',
    body: 'The app asked for permissions that do not exist or are not open to it. Nothing was shared.',
  },
  unsupported_response_type: {
    heading: 'This kind of sign-in is not supported',
    body: 'The app asked for a kind of sign-in that we do not offer to it. Please tell the app’s developer.',
  },
  access_denied: {
    heading: 'Access was refused',
    body: 'You, or a rule of {brand}, refused this access. Nothing was shared with the app.',
  },
  login_required: {
    heading: 'You need to sign in',
    body: 'The app needs you to sign in to {brand} afresh. Start again from the app.',
  },
  consent_required: {
    heading: 'Your agreement is needed',
    body: 'The app needs your agreement first. Start again from the app.',
  },
  interaction_required: {
    heading: 'One more step is needed',
    body: 'We need to ask you something before you can go on. Start again from the app.',
  },
  session_expired: {
    heading: 'This request has expired',
    body: 'The page was open too long, was used already, or began in another browser. Please start again.',
  },
  session_mismatch: {
    heading: 'Your sign-in changed meanwhile',
    body: 'You signed in or out in another tab while this page was open. Start again to go on.',
  },
  form_expired: {
    heading: 'Please submit that again',
    body: 'We could not confirm that this form came from you. Nothing was changed.',
  },
  cookies_blocked: {
    heading: 'Your browser blocks our cookies',
    body: 'We received no cookie at all, and cannot sign you in without. Allow cookies for this site, then go on.',
  },
  site_unavailable: {
    heading: 'Signing in is not possible right now',
    body: '{brand} does not answer, so we cannot tell whether you are signed in. Nothing was lost; try again.',
  },
  account_login: {
    heading: 'You are not signed in',
    body: 'Sign in to {brand} to see your connected apps. Nothing was changed.',
  },
  device_locked: {
    heading: 'Too many wrong codes',
    body: 'To keep others from guessing codes, no more are accepted for a quarter of an hour at most. Then have your device show a new code.',
  },
  rate_limited: {
    heading: 'Too many requests',
    body: 'Your network sent too many requests in a short time. Wait a moment, then try again.',
  },
  temporarily_unavailable: {
    heading: 'The service is temporarily unavailable',
    body: 'We cannot answer right now; nothing was lost. Please try again shortly.',
  },
  server_error: {
    heading: 'Something went wrong on our side',
    body: 'We have noted the problem. Please try again, or give the request ID below to support.',
  },
  not_found: {
    heading: 'Page not found',
    body: 'There is nothing at this address. Check the link, or start again from the app.',
  },
  unknown: {
    heading: 'Something went wrong',
    body: 'The request could not be completed. Go back to the app and try again.',
  },
} satisfies Record<string, ErrorText>;

export type ErrorKind = keyof typeof en;

const zh: Record<ErrorKind, ErrorText> = {
  invalid_request: {
    heading: '登录请求无效',
    body: '应用发来的请求无法识别。请返回应用重试；如果反复出现，请告知应用的开发者。',
  },
  invalid_client: {
    heading: '无法识别该应用',
    body: '该应用未在 {brand} 注册，或已被停用。没有向其提供任何信息。',
  },
  unauthorized_client: {
    heading: '该应用无权进行此操作',
    body: '该应用请求了它未注册的功能。没有向其提供任何信息。',
  },
  invalid_redirect_uri: {
    heading: '返回地址未注册',
    body: '该应用要求把你带往一个未注册的地址。为保护你的安全，我们在此中止，没有提供任何信息。',
  },
  invalid_request_uri: {
    heading: '登录请求已过期',
    body: '请求停留时间过长，或已经使用过。请返回应用重新开始。',
  },
  invalid_scope: {
    heading: '应用请求了未知的权限',
    body: '该应用请求了不存在或它无权获得的权限。没有向其提供任何信息。',
  },
  unsupported_response_type: {
    heading: '不支持这种登录方式',
    body: '该应用请求的登录方式未对其开放，请告知应用的开发者。',
  },
  access_denied: {
    heading: '访问被拒绝',
    body: '你或 {brand} 的规则拒绝了此次访问。没有向应用提供任何信息。',
  },
  login_required: {
    heading: '需要登录',
    body: '该应用要求你重新登录 {brand}，但登录没有完成。请从应用重新开始。',
  },
  consent_required: {
    heading: '需要你的同意',
    body: '该应用需要先得到你的同意。请从应用重新开始。',
  },
  interaction_required: {
    heading: '还需要一步操作',
    body: '继续之前我们需要向你确认。请从应用重新开始。',
  },
  session_expired: {
    heading: '本次登录已过期',
    body: '页面停留时间过长、已经使用过，或是在另一个浏览器中打开的。请重新开始。',
  },
  session_mismatch: {
    heading: '登录状态已发生变化',
    body: '此页面打开期间，你在另一个标签页登录或退出了。请重新开始。',
  },
  form_expired: {
    heading: '请重新提交',
    body: '我们无法确认该表单由你提交，未作任何更改。',
  },
  cookies_blocked: {
    heading: '浏览器阻止了我们的 Cookie',
    body: '我们没有收到任何 Cookie，因此无法登录。请在浏览器设置中允许本站使用 Cookie，然后继续。',
  },
  site_unavailable: {
    heading: '暂时无法登录',
    body: '{brand} 网站没有响应，我们无法确认你是否已登录。没有丢失任何内容，请重试。',
  },
  account_login: {
    heading: '尚未登录',
    body: '请先登录 {brand}，再查看已授权的应用。未作任何更改。',
  },
  device_locked: {
    heading: '输错代码的次数过多',
    body: '为防止他人猜测代码，暂时不再接受输入，最长一刻钟。之后请在设备上获取新代码。',
  },
  rate_limited: {
    heading: '请求过于频繁',
    body: '你的网络在短时间内发出了过多请求，请稍候再试。',
  },
  temporarily_unavailable: {
    heading: '服务暂时不可用',
    body: '服务暂时不可用，请稍后再试。没有丢失任何内容。',
  },
  server_error: {
    heading: '我们这边出了问题',
    body: '问题已被记录，请重试；如果反复出现，请把下方的请求编号告知客服。',
  },
  not_found: {
    heading: '页面不存在',
    body: '此地址没有内容。请检查链接，或从应用重新开始。',
  },
  unknown: {
    heading: '出了点问题',
    body: '请求未能完成。请返回应用重试。',
  },
};

const TEXTS: Readonly<Record<Locale, Readonly<Record<ErrorKind, ErrorText>>>> = { en, zh };

export const ERROR_KINDS = Object.keys(en).filter(isErrorKind);

/** Whether we have words of our own for this kind (or OAuth error code). */
export function isErrorKind(value: string): value is ErrorKind {
  return Object.hasOwn(en, value);
}

/** Heading and explanation for a kind or an OAuth error code; a general text for those we do not know. */
export function errorText(locale: Locale, kindOrCode: string): ErrorText {
  return TEXTS[locale][isErrorKind(kindOrCode) ? kindOrCode : 'unknown'];
}
