// Owns: turning the library's events into audit events and log lines.
import type { EventEmitter } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { AuditEvent } from '../audit/service.js';
import { isFrontChannel } from '../clients/response-types.js';
import type { Logger } from '../telemetry/logger.js';
import type { NoteDevice } from './device-metrics.js';
import type { RequestScopes } from './request-scope.js';

/** What an event is about, as far as the request tells. */
function subjectOf(ctx: KoaContextWithOIDC | undefined): Partial<AuditEvent> {
  const oidc = ctx?.oidc;
  const entities = oidc?.entities;
  return {
    userId: entities?.Account?.accountId ?? entities?.Session?.accountId,
    clientId: entities?.Client?.clientId,
    grantId: entities?.Grant?.jti ?? undefined,
  };
}

/** What the library tells of a token that is no more. */
interface Destroyed {
  kind: string;
  clientId?: string | undefined;
  grantId?: string | undefined;
  accountId?: string | undefined;
  aud?: unknown;
}

const WAITING = new Set(['authorization_pending', 'slow_down']);

export function observe(
  provider: Provider,
  { scopes, logger, noteDevice }: { scopes: RequestScopes; logger: Logger; noteDevice: NoteDevice },
): void {
  function note(ctx: KoaContextWithOIDC | undefined, event: Omit<AuditEvent, 'actor'> & { actor?: string }) {
    const scope = scopes.current();
    const subject = subjectOf(ctx);
    scope?.audit.push({
      ...subject,
      actor: subject.clientId ? `client:${subject.clientId}` : 'system',
      ip: scope.ip,
      requestId: scope.requestId,
      ...event,
    });
  }

  const refusal = (type: string) => (ctx: KoaContextWithOIDC, error: Error) => {
    const {
      error_description: description,
      error_detail: detail,
      statusCode,
    } = error as Error & {
      error_description?: string;
      error_detail?: string;
      statusCode?: number;
    };
    // A device that waits for its user asks so every few seconds.
    if (WAITING.has(error.message)) return;
    const scope = scopes.current();
    const isOurs = (statusCode ?? 500) >= 500;
    logger[isOurs ? 'error' : 'warn'](
      {
        event: type,
        code: error.message,
        ...(isOurs ? { error: error.cause ?? error } : {}),
        description,
        detail,
        clientId: ctx.oidc?.client?.clientId,
        requestId: scope?.requestId,
      },
      'request refused',
    );
  };

  provider.on('grant.success', (ctx) => {
    const isRefresh = ctx.oidc.params?.grant_type === 'refresh_token';
    const scope = ctx.oidc.entities.AccessToken?.scope;
    if (ctx.oidc.entities.DeviceCode) noteDevice('redeemed');
    note(ctx, { type: isRefresh ? 'token.refreshed' : 'token.issued', scope });
  });
  provider.on('authorization.success', (ctx) => {
    const { accountId } = ctx.oidc.session ?? {};
    const { AuthorizationCode: code, AccessToken: token, DeviceCode: device } = ctx.oidc.entities;
    if (device) {
      noteDevice('approved');
      note(ctx, { type: 'device.approved', actor: `user:${accountId}`, scope: device.scope });
      return;
    }
    const type = String(ctx.oidc.params?.response_type);
    const isMore = isFrontChannel(type);
    const scope =
      code?.scope ?? token?.scope ?? ctx.oidc.grant?.getOIDCScopeFiltered(ctx.oidc.requestParamScopes);
    const details = isMore ? { details: { response_type: type } } : {};
    note(ctx, { type: 'authorization.granted', actor: `user:${accountId}`, scope, ...details });
    if (isMore) note(ctx, { type: 'token.issued', scope: token?.scope ?? scope, ...details });
  });
  (provider as EventEmitter).on('device_authorization.success', () => noteDevice('asked'));
  provider.on('grant.revoked', (ctx, grantId) => note(ctx, { type: 'grant.revoked', grantId }));
  // Destroyed elsewhere than at the endpoint that is for it, a token was used up.
  const revoked = ({ kind, clientId, grantId, accountId, aud }: Destroyed) => {
    if (scopes.current()?.route !== 'revocation') return;
    const details = { kind, ...(typeof aud === 'string' && { resource: aud }) };
    note(undefined, {
      type: 'token.revoked',
      actor: `client:${clientId}`,
      clientId,
      grantId,
      userId: accountId,
      details,
    });
  };
  provider.on('access_token.destroyed', revoked);
  provider.on('client_credentials.destroyed', revoked);
  provider.on('refresh_token.destroyed', revoked);
  provider.on('end_session.success', (ctx) => {
    const actor = `user:${ctx.oidc.session?.accountId ?? 'nobody'}`;
    note(ctx, { type: 'session.ended', actor, userId: ctx.oidc.session?.accountId });
  });

  provider.on('authorization.error', refusal('authorization.error'));
  provider.on('grant.error', refusal('grant.error'));
  provider.on('userinfo.error', refusal('userinfo.error'));
  provider.on('revocation.error', refusal('revocation.error'));
  provider.on('introspection.error', refusal('introspection.error'));
  provider.on('pushed_authorization_request.error', refusal('pushed_authorization_request.error'));
  provider.on('device_authorization.error', refusal('device_authorization.error'));
  provider.on('code_verification.error', refusal('code_verification.error'));
  provider.on('device_resume.error', refusal('device_resume.error'));
  provider.on('end_session.error', refusal('end_session.error'));
  provider.on('server_error', (ctx, error) => {
    logger.error({ error, requestId: scopes.current()?.requestId, path: ctx.path }, 'unexpected failure');
  });
}
