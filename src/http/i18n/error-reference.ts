// Owns: the sentence for developers behind each `error_uri`. The page's anchors are the codes.
import type { Locale } from './locale.js';

const en = {
  invalid_request:
    'A parameter is missing, repeated or malformed; error_description names it. Fix it before repeating.',
  invalid_client:
    'Client authentication failed: unknown or disabled client_id, wrong secret or wrong method.',
  invalid_grant:
    'The code or refresh token is unknown, expired, used, revoked, or another client’s or redirect_uri’s.',
  unauthorized_client: 'The client is not registered for this grant type.',
  unsupported_grant_type: 'We do not offer this grant_type; discovery lists those we do.',
  unsupported_response_type: 'We do not offer this response_type; discovery lists those we do.',
  unsupported_response_mode: 'We do not offer this response_mode; discovery lists those we do.',
  invalid_scope: 'A scope is unknown, or the client may not ask for it.',
  invalid_redirect_uri:
    'The redirect_uri is not, byte for byte, one that the client registered (shown as a page only), or may not be registered.',
  invalid_target: 'The resource indicator is missing or unknown.',
  invalid_authorization_details:
    'A detail is of a type the client may not ask for, breaks the rules of its type, or was not granted.',
  access_denied:
    'The user, or a rule for this application, refused. Respect it; ask again only when the user does.',
  authorization_pending: 'The user has not answered the device yet. Poll again after the interval.',
  slow_down: 'The device polls too often. Wait five seconds longer between polls from now on.',
  expired_token: 'The device code has expired before the user answered. Begin again and show the new code.',
  login_required: 'prompt=none was sent but the user must sign in. Start an ordinary request.',
  consent_required: 'prompt=none was sent but the user must agree first. Start an ordinary request.',
  interaction_required:
    'prompt=none was sent but the user must do something first. Start an ordinary request.',
  account_selection_required:
    'prompt=none was sent but the user must choose an account. Start an ordinary request.',
  unmet_authentication_requirements: 'The sign-in cannot reach the authentication level that was asked for.',
  invalid_request_object: 'The request object is malformed, wrongly signed or has expired.',
  invalid_request_uri: 'The request_uri is unknown, expired or not registered.',
  request_not_supported: 'The request parameter is not supported.',
  request_uri_not_supported: 'The request_uri parameter is not supported.',
  registration_not_supported: 'The registration parameter is not supported.',
  invalid_token:
    'The access token is missing, malformed, expired or revoked. Refresh it, or authorize again.',
  invalid_dpop_proof:
    'The DPoP proof is malformed, wrongly signed, made for another request, or was used before.',
  use_dpop_nonce:
    'Repeat the request with a DPoP proof that holds the value of the DPoP-Nonce header of this answer.',
  insufficient_scope: 'The access token is valid but lacks the scope this resource needs.',
  unsupported_token_type: 'Tokens of this kind cannot be revoked or inspected here.',
  invalid_client_metadata: 'A client setting is not acceptable; error_description names it.',
  not_found: 'There is no endpoint at this address. Take every address from the discovery document.',
  invalid_input: 'Admin API: the body breaks rules; problems names each field and the reason.',
  conflict: 'Admin API: it exists already, or its state does not allow this. Look at it before repeating.',
  precondition_required:
    'Admin API: this change needs If-Match with the ETag you last saw, so that nobody is overwritten.',
  precondition_failed: 'Admin API: it was changed since you read it. Read it again and decide anew.',
  method_not_allowed:
    'Admin API: this address does not know the method; the Allow header lists those it does.',
  content_too_large: 'Admin API: the body is larger than 64 KB.',
  unsupported_media_type:
    'Admin API: send JSON in UTF-8, uncompressed, as application/json (for PATCH application/merge-patch+json).',
  idempotency_key_reused: 'Admin API: this Idempotency-Key was used for another request. Take a new one.',
  idempotency_key_in_use:
    'Admin API: a request with this Idempotency-Key is under way, or ended unseen. See what it did.',
  temporarily_unavailable:
    'We are overloaded, limiting you, or a store is down. Wait for Retry-After, then repeat.',
  server_error:
    'Something failed on our side. Repeat once with back-off; tell us the request ID if it persists.',
};

export type ReferenceCode = keyof typeof en;

const zh: Record<ReferenceCode, string> = {
  invalid_request: '参数缺失、重复或格式有误，error_description 会指明是哪一个。请修正请求，不要原样重试。',
  invalid_client: '客户端认证失败：client_id 不存在或已停用、密钥错误，或认证方式不符。',
  invalid_grant: '授权码或刷新令牌不存在、已过期、已使用、已撤销，或签发给了其他客户端或 redirect_uri。',
  unauthorized_client: '该客户端未注册此授权类型。',
  unsupported_grant_type: '不支持此 grant_type，支持的类型见发现文档。',
  unsupported_response_type: '不支持此 response_type，支持的类型见发现文档。',
  unsupported_response_mode: '不支持此 response_mode，支持的方式见发现文档。',
  invalid_scope: '请求了未知的 scope，或该客户端无权请求。',
  invalid_redirect_uri:
    'redirect_uri 与客户端注册的任何一项都不是逐字节一致（只以页面显示），或者不允许注册。',
  invalid_target: '资源标识（resource）缺失或未知。',
  invalid_authorization_details: '某项授权详情的类型不允许该客户端请求、不符合该类型的规则，或未获授权。',
  access_denied: '用户或该应用的访问规则拒绝了请求。请尊重这一结果，仅在用户主动要求时再次请求。',
  authorization_pending: '用户尚未在设备授权页面作出选择。请按 interval 间隔继续轮询。',
  slow_down: '轮询过于频繁。从现在起，每次轮询的间隔须再延长五秒。',
  expired_token: '用户作出选择前设备码已过期。请重新开始，并显示新的代码。',
  login_required: '使用了 prompt=none，但用户需要登录。请发起普通的授权请求。',
  consent_required: '使用了 prompt=none，但需要用户先同意。请发起普通的授权请求。',
  interaction_required: '使用了 prompt=none，但需要用户先完成操作。请发起普通的授权请求。',
  account_selection_required: '使用了 prompt=none，但需要用户选择账号。请发起普通的授权请求。',
  unmet_authentication_requirements: '登录无法达到所要求的认证级别。',
  invalid_request_object: '请求对象格式有误、签名错误或已过期。',
  invalid_request_uri: 'request_uri 不存在、已过期或未注册。',
  request_not_supported: '不支持 request 参数。',
  request_uri_not_supported: '不支持 request_uri 参数。',
  registration_not_supported: '不支持 registration 参数。',
  invalid_token: '访问令牌缺失、格式有误、已过期或已撤销。请刷新令牌或重新授权。',
  invalid_dpop_proof: 'DPoP 证明格式错误、签名不正确、属于另一个请求，或已被使用过。',
  use_dpop_nonce: '请在 DPoP 证明中带上本次响应的 DPoP-Nonce 标头的值，然后重试该请求。',
  insufficient_scope: '访问令牌有效，但缺少此资源所需的 scope。',
  unsupported_token_type: '此类令牌不能在这里撤销或查询。',
  invalid_client_metadata: '某项客户端设置不可接受，error_description 会指明是哪一项。',
  not_found: '此地址没有端点。所有地址请以发现文档为准。',
  invalid_input: '管理接口：请求体不符合规则，problems 逐项列出字段和原因。',
  conflict: '管理接口：对象已存在，或其状态不允许此操作。请先查看再重试。',
  precondition_required: '管理接口：此修改需要带上最近读到的 ETag（If-Match），以免覆盖他人的修改。',
  precondition_failed: '管理接口：对象在你读取之后已被修改。请重新读取后再决定。',
  method_not_allowed: '管理接口：此地址不支持该方法，支持的方法见 Allow 头。',
  content_too_large: '管理接口：请求体超过 64 KB。',
  unsupported_media_type:
    '管理接口：请以 UTF-8、不压缩的 JSON 发送，类型为 application/json（PATCH 可用 application/merge-patch+json）。',
  idempotency_key_reused: '管理接口：此 Idempotency-Key 已用于另一个请求，请换一个新的。',
  idempotency_key_in_use:
    '管理接口：使用此 Idempotency-Key 的请求正在处理，或已结束但结果未知。请查看其结果。',
  temporarily_unavailable: '服务过载、触发限流或存储不可用。请等待 Retry-After 所示时间后重试。',
  server_error: '我们这边出了问题。请退避后重试一次；若持续出现，请提供请求编号。',
};

const TEXTS: Readonly<Record<Locale, Readonly<Record<ReferenceCode, string>>>> = { en, zh };

export interface ReferenceEntry {
  code: string;
  text: string;
}

/** Every documented code with its sentence, in the order of the page. */
export function errorReference(locale: Locale): ReferenceEntry[] {
  return Object.entries(TEXTS[locale]).map(([code, text]) => ({ code, text }));
}

/** Whether the reference page has an anchor for this code. */
export function isReferenceCode(code: string): code is ReferenceCode {
  return Object.hasOwn(en, code);
}
