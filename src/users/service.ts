// Owns: creating and changing users as an operator describes them: comparison, passwords, audit.
// Does not: decide whether the users table may be written at all; on the site's database it may not.
import { isDeepStrictEqual } from 'node:util';
import type { Audit } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import { AppError, type FieldProblem, ValidationError } from '../lib/errors.js';
import type { Hasher } from '../lib/hasher.js';
import type { JsonObject, UserRecord, UserStore } from '../store/ports/index.js';
import type { UserInput } from './input.js';

/** A user under the names of the users table, without the password. */
export type UserDescription = Record<string, unknown>;

export interface UserChange {
  id: string;
  action: 'created' | 'updated' | 'unchanged';
  /** Names of the members that differ from what is stored; `password` when another is described. */
  changed: string[];
  before: UserDescription | undefined;
  after: UserDescription;
}

/** A change that only needs to be written: whatever can be refused or takes long is done. */
export interface PreparedUser {
  change: UserChange;
  /** Writes the change, if there is one. @throws AppError when the user was changed meanwhile */
  write(actor: string): Promise<void>;
}

export interface UserService {
  /** What `apply` would do; changes nothing. @throws ValidationError when an address is somebody else's */
  plan(input: UserInput): Promise<UserChange>;
  /** As plan, ready to be written: for writing several together, in one unit of work. */
  prepare(input: UserInput): Promise<PreparedUser>;
  /**
   * Creates the user or makes it as described; the same description twice changes nothing. A member left
   * out gets its default, but a password left out stays as it is.
   */
  apply(input: UserInput, actor: string): Promise<UserChange>;
}

function describe(user: Omit<UserRecord, 'updatedAt'>): UserDescription {
  const members = {
    id: user.id,
    name: user.name,
    email: user.email,
    phone: user.phone,
    is_verified: user.isVerified,
    is_active: user.isActive,
    avatar: user.avatar,
    language_preference: user.languagePreference,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Members that are about the person: they leave the audit trail when the user is forgotten, the id above all. */
const PERSONAL = new Set(['id', 'name', 'email', 'phone', 'avatar']);

/** What changed, from what to what, but for the password. */
function changeDetails({ changed, before, after }: UserChange): JsonObject {
  const part = (described: UserDescription | undefined, isPersonal: boolean) =>
    Object.fromEntries(
      changed
        .filter((name) => name !== 'password' && PERSONAL.has(name) === isPersonal)
        .map((name) => [name, described?.[name] ?? null]),
    );
  const both = (isPersonal: boolean) => ({
    ...(before && { before: part(before, isPersonal) }),
    after: part(after, isPersonal),
  });
  return { changed, ...both(false), personal: both(true) };
}

function toRecord(input: UserInput, hashedPassword: string | undefined, updatedAt: Date): UserRecord {
  return {
    id: input.id,
    name: input.name,
    email: input.email,
    phone: input.phone,
    hashedPassword,
    isVerified: input.is_verified,
    isActive: input.is_active,
    avatar: input.avatar,
    languagePreference: input.language_preference,
    updatedAt,
  };
}

export function createUserService({
  users,
  hasher,
  audit,
  clock,
}: {
  users: UserStore;
  hasher: Pick<Hasher, 'hash' | 'compare'>;
  audit: Audit;
  clock: Clock;
}): UserService {
  async function checkAddresses({ id, email, phone }: UserInput): Promise<void> {
    const problems: FieldProblem[] = [];
    for (const [field, address] of Object.entries({ email, phone })) {
      const owner = address === undefined ? undefined : await users.findByIdentifier(address);
      if (owner && owner.id !== id) problems.push({ field, reason: `belongs to user ${owner.id} already` });
    }
    if (problems.length > 0) throw new ValidationError('the user cannot be saved', problems);
  }

  async function compare(input: UserInput) {
    await checkAddresses(input);
    const stored = await users.find(input.id);
    const before = stored && describe(stored);
    const after = describe(toRecord(input, undefined, clock.now()));
    const names = Object.keys({ ...before, ...after });
    const changed = names.filter((name) => !isDeepStrictEqual(before?.[name], after[name]));
    const { password } = input;
    const key = `user-service|${input.id}`;
    const isKept =
      password === undefined ||
      (stored?.hashedPassword !== undefined && (await hasher.compare(password, stored.hashedPassword, key)));
    if (!isKept) changed.push('password');
    const action = !stored ? 'created' : changed.length > 0 ? 'updated' : 'unchanged';
    const change: UserChange = { id: input.id, action, changed, before, after };
    return { change, stored, newPassword: isKept ? undefined : password };
  }

  async function prepare(input: UserInput): Promise<PreparedUser> {
    const { change, stored, newPassword } = await compare(input);
    const { action } = change;
    const hash = newPassword === undefined ? stored?.hashedPassword : await hasher.hash(newPassword);
    return {
      change,
      async write(actor) {
        if (action === 'unchanged') return;
        // What the site wrote since the comparison (another password, say) must not be undone.
        if (!isDeepStrictEqual(await users.find(input.id), stored)) {
          throw new AppError('conflict', 409, `user ${input.id} was changed meanwhile; run it again`);
        }
        await users.save(toRecord(input, hash, clock.now()));
        await audit.record({
          type: `user.${action}`,
          actor,
          userId: input.id,
          details: changeDetails(change),
        });
      },
    };
  }

  return {
    plan: async (input) => (await compare(input)).change,
    prepare,
    async apply(input, actor) {
      const { change, write } = await prepare(input);
      await write(actor);
      return change;
    },
  };
}
