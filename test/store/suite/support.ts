// Owns: what every part of the store suite uses: unique ids, records, seeding, comparison.
import { expect } from 'chai';
import { hashOf, randomToken } from '../../../src/lib/ids.js';
import type {
  ArtifactRecord,
  ClientRecord,
  GrantRecord,
  RefreshTokenRecord,
  Stores,
  UserRecord,
} from '../../../src/store/ports/index.js';

/** What an implementation does in another way, each with its reason. */
export interface Departures {
  /** Why expired artifacts are not the janitor's business here: they are gone without it. */
  artifactsExpireThemselves?: string;
  /** Why nothing is ever refused for what it holds. */
  refusesNothing?: string;
}

/** The stores under test; a function, because they open only once mocha runs. */
export type Use = () => Stores;

/** The moment the suite's records begin; milliseconds that must survive the round trip. */
export const NOW = new Date('2031-05-06T07:08:09.123Z');

/** `NOW` plus some milliseconds. */
export function later(ms: number): Date {
  return new Date(NOW.getTime() + ms);
}

export const HOUR = 3_600_000;

/** Text that databases get wrong when it is not passed as a parameter or not as UTF-8. */
export const TEXT = `张三 👩‍👩‍👧 '"\\ %_ $1 -- ;\n\té`;

/** A key as the provider makes them: the hash of a bearer value. */
export function newKey(): string {
  return hashOf(randomToken());
}

export function newId(): string {
  return randomToken(12);
}

/** User ids are exactly 8 characters. */
export function newUserId(): string {
  return randomToken(6);
}

export function userRecord(over: Partial<UserRecord> = {}): UserRecord {
  return { id: newUserId(), name: 'Someone', isVerified: true, isActive: true, updatedAt: NOW, ...over };
}

export function clientRecord(over: Partial<ClientRecord> = {}): ClientRecord {
  return {
    client_id: newId(),
    client_name: 'An app',
    redirect_uris: ['https://app.example/cb'],
    post_logout_redirect_uris: [],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    application_type: 'web',
    isConfidential: true,
    isActive: true,
    metadata: {},
    ...over,
  };
}

export async function seedUser({ users }: Pick<Stores, 'users'>): Promise<string> {
  const user = userRecord();
  await users.save(user);
  return user.id;
}

export async function seedClient({ clients }: Pick<Stores, 'clients'>): Promise<string> {
  const client = clientRecord();
  await clients.save(client);
  return client.client_id;
}

/** A stored grant; its user and client are created too, but for those given. */
export async function seedGrant(stores: Stores, over: Partial<GrantRecord> = {}): Promise<GrantRecord> {
  const grant: GrantRecord = {
    id: newId(),
    userId: over.userId ?? (await seedUser(stores)),
    clientId: over.clientId ?? (await seedClient(stores)),
    scopes: ['openid'],
    claims: [],
    details: {},
    issuedAt: NOW,
    expiresAt: later(HOUR),
    ...over,
  };
  await stores.grants.upsert(grant);
  return grant;
}

export function artifactRecord(over: Partial<ArtifactRecord> = {}): ArtifactRecord {
  return { payload: {}, expiresAt: later(HOUR), ...over };
}

export function refreshTokenRecord(
  grant: Pick<GrantRecord, 'id' | 'userId' | 'clientId'>,
  over: Partial<RefreshTokenRecord> = {},
): RefreshTokenRecord {
  return {
    userId: grant.userId,
    clientId: grant.clientId,
    grantId: grant.id,
    scopes: ['openid'],
    rotations: 0,
    issuedAt: NOW,
    expiresAt: later(HOUR),
    details: {},
    ...over,
  };
}

/** The results of `count` concurrent calls. */
export function atOnce<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

/** A record without its undefined members: absent and undefined are one to the ports. */
function withoutAbsent(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/** Expects a record to be there and to be `expected`, no member more. */
export function expectRecord<T extends object>(actual: T | undefined, expected: T): void {
  expect(actual).to.not.equal(undefined);
  expect(withoutAbsent(actual ?? {})).to.deep.equal(withoutAbsent(expected));
}

/** What `promise` was rejected with; fails when it was not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const fulfilled = Symbol('fulfilled');
  const outcome = await promise.then(
    () => fulfilled,
    (error: unknown) => error,
  );
  expect(outcome, 'expected a rejection').to.not.equal(fulfilled);
  return outcome;
}

/** The value, which must be there. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected a value');
  return value;
}
