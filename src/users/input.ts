// Owns: the shape in which a user is described: the names of the users table, and a password in clear.
import { z } from 'zod';
import { isSafeText } from '../lib/text.js';

/** Text of a column: PostgreSQL counts characters, not UTF-16 units. */
const column = (max: number) =>
  z
    .string()
    .min(1)
    .refine((value) => [...value].length <= max, `must not be longer than ${max} characters`)
    .refine(isSafeText, 'holds characters that are not allowed');

/** A column that may be NULL: left out, or null. */
const optional = <T extends z.ZodType<string>>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const bytes = (value: string) => Buffer.byteLength(value);

export const userInputSchema = z.strictObject({
  id: z.string().regex(/^[0-9A-Za-z]{8}$/, 'must be exactly 8 letters or digits'),
  name: column(50).refine((value) => value.trim() !== '', 'must not be blank'),
  email: optional(column(120).pipe(z.email('must be an e-mail address'))),
  phone: optional(
    z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 number such as +8613800138000, in quotes'),
  ),
  is_verified: z.boolean().default(false),
  is_active: z.boolean().default(true),
  avatar: optional(column(500)),
  language_preference: optional(column(10)),
  password: z
    .string()
    .refine((value) => bytes(value) >= 8 && bytes(value) <= 72, 'must have 8 to 72 bytes')
    .refine(isSafeText, 'holds characters that are not allowed')
    .optional(),
});

/** A user as described by an operator, checked. */
export type UserInput = z.output<typeof userInputSchema>;
