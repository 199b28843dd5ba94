// Owns: the shape in which an operator describes a type of authorization details (RFC 9396): its members, and what
// users are told. Does not: check details (authorization-details.ts).
import { z } from 'zod';
import { isSafeText } from '../lib/text.js';
import type { DetailsMember, DetailsType } from '../store/ports/index.js';
import { placeholdersOf } from './authorization-details.js';

const text = (max: number) =>
  z.string().min(1).max(max).refine(isSafeText, 'holds characters that are not allowed');

const words = z.strictObject({ en: text(200).optional(), zh: text(200).optional() });

const memberName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,49}$/, 'must be 1 to 50 of A-Z a-z 0-9 _ -, beginning with a letter')
  .refine((name) => name !== 'type' && !(name in {}), 'cannot be the name of a member');

const leaf = {
  name: memberName,
  is_required: z.boolean().default(true),
  label: words.optional().describe('What users are told it is.'),
};

const simpleMember = z.strictObject({
  ...leaf,
  kind: z.enum(['text', 'number', 'boolean', 'list']).describe('list: of texts.'),
  values: z.array(text(100)).min(1).max(50).optional().describe('The only texts it may hold.'),
});

const objectMember = z.strictObject({
  ...leaf,
  kind: z.literal('object'),
  members: z.array(simpleMember).min(1).max(20),
});

/** Members that RFC 9396 gives a meaning: they can be of that kind only. */
const COMMON: Readonly<Record<string, DetailsMember['kind']>> = {
  locations: 'list',
  actions: 'list',
  datatypes: 'list',
  privileges: 'list',
  identifier: 'text',
};

const isNamedTwice = (members: readonly { name: string }[], index: number) =>
  members.findIndex(({ name }) => name === members[index]?.name) < index;

/** @see https://www.rfc-editor.org/rfc/rfc9396#section-2 */
export const detailsTypeSchema = z
  .strictObject({
    type: z
      .string()
      .max(100)
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be printable ASCII without spaces, quotes and backslashes')
      .refine((name) => !(name in {}), 'cannot be the name of a type'),
    description: words
      .optional()
      .describe('What users are asked to allow, with {member} or {object.member} where a value goes.'),
    members: z
      .array(z.union([simpleMember, objectMember]))
      .max(20)
      .default([]),
  })
  .superRefine(({ members, description }, context) => {
    const report = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    for (const [index, member] of members.entries()) {
      const path = ['members', index];
      if (isNamedTwice(members, index)) report([...path, 'name'], 'is listed twice');
      const kind = COMMON[member.name];
      if (kind !== undefined && member.kind !== kind) report([...path, 'kind'], `must be ${kind} (RFC 9396)`);
      if (member.kind === 'object') {
        for (const inner of member.members.keys()) {
          if (isNamedTwice(member.members, inner))
            report([...path, 'members', inner, 'name'], 'is listed twice');
        }
      } else if (member.values && member.kind !== 'text' && member.kind !== 'list') {
        report([...path, 'values'], 'is for texts and lists');
      }
    }
    const known = members.flatMap((member) =>
      member.kind === 'object' ? member.members.map(({ name }) => `${member.name}.${name}`) : [member.name],
    );
    for (const [language, template] of Object.entries(description ?? {})) {
      for (const name of placeholdersOf(template ?? '')) {
        if (!known.includes(name)) report(['description', language], `there is no member ${name}`);
      }
    }
  });

/** A description as it is stored. */
export function toDetailsType({ description, ...input }: z.output<typeof detailsTypeSchema>): DetailsType {
  return { ...input, ...(description && { description }) } as DetailsType;
}
