// Owns: oauth_client and oauth_client_secret.
import type { ClientRecord, ClientStore, JsonObject, StoredClient } from '../ports/index.js';
import type { Database } from './database.js';
import type { Client, ClientSecret, Prisma } from './generated/client.js';

function toStored(row: Client & { secrets: ClientSecret[] }): StoredClient {
  return {
    client_id: row.clientId,
    client_name: row.clientName,
    client_uri: row.clientUri ?? undefined,
    logo_uri: row.logoUri ?? undefined,
    policy_uri: row.policyUri ?? undefined,
    tos_uri: row.tosUri ?? undefined,
    redirect_uris: row.redirectUris,
    post_logout_redirect_uris: row.postLogoutRedirectUris,
    scope: row.scopeDefault ?? undefined,
    grant_types: row.allowedGrantTypes,
    response_types: row.responseTypes,
    application_type: row.applicationType === 'native' ? 'native' : 'web',
    isConfidential: row.isConfidential,
    isActive: row.isActive,
    metadata: row.metadata as JsonObject,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    secrets: row.secrets.map(({ id, secretHash, label, createdAt, expiresAt }) => ({
      id,
      secretHash,
      label: label ?? undefined,
      createdAt,
      expiresAt: expiresAt ?? undefined,
    })),
  };
}

function toRow(client: ClientRecord): Omit<Prisma.ClientUncheckedCreateInput, 'clientId'> {
  return {
    clientName: client.client_name,
    clientUri: client.client_uri ?? null,
    logoUri: client.logo_uri ?? null,
    policyUri: client.policy_uri ?? null,
    tosUri: client.tos_uri ?? null,
    redirectUris: client.redirect_uris,
    postLogoutRedirectUris: client.post_logout_redirect_uris,
    scopeDefault: client.scope ?? null,
    allowedGrantTypes: client.grant_types,
    responseTypes: client.response_types,
    applicationType: client.application_type,
    isConfidential: client.isConfidential,
    isActive: client.isActive,
    metadata: client.metadata as Prisma.InputJsonObject,
  };
}

export function createClientStore(database: Database): ClientStore {
  return {
    async find(clientId) {
      const row = await database.query((db) =>
        db.client.findUnique({ where: { clientId }, include: { secrets: { orderBy: { id: 'asc' } } } }),
      );
      return row ? toStored(row) : undefined;
    },

    async save(client) {
      const row = toRow(client);
      await database.query((db) =>
        db.client.upsert({
          where: { clientId: client.client_id },
          create: { clientId: client.client_id, ...row },
          update: row as Prisma.ClientUncheckedUpdateInput,
        }),
      );
    },

    async addSecret(clientId, { secretHash, label, expiresAt }) {
      await database.query((db) =>
        db.clientSecret.create({
          data: { clientId, secretHash, label: label ?? null, expiresAt: expiresAt ?? null },
        }),
      );
    },

    replaceSecrets: (clientId, secretHash) =>
      database.transaction(async (db) => {
        await db.clientSecret.deleteMany({ where: { clientId } });
        await db.clientSecret.create({ data: { clientId, secretHash } });
      }),
  };
}
