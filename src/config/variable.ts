// Owns: what a variable of the service is, and the rules several of them share.
import { z } from 'zod';

/** One variable: its schema, what it means and what it is when unset. Generated docs come from here. */
export interface Variable {
  schema: z.ZodType;
  meaning: string;
  /** What applies when the variable is unset or empty, in words. */
  fallback: string;
  secret?: boolean;
}

/** A whole number within bounds. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be between ${min} and ${max}`);

/** An absolute URL of one of these protocols (`https:`). */
export const url = (protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });
