// Owns: which authentication context classes somebody vouches for, as the operator lists them, and the default.
import { z } from 'zod';

/** The user gave their password. */
export const ACR_PASSWORD = 'urn:link2ur:acr:password';

const MAX_CLASSES = 10;

/** What `acr_values` can hold between its spaces. */
export const acrToken = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/);

/** Classes separated by spaces, as the parameter `acr_values` has them; the weakest first. */
export const acrValuesSchema = z
  .string()
  .transform((text) => text.split(/\s+/).filter((name) => name !== ''))
  .superRefine((names, context) => {
    const report = (message: string) => context.addIssue({ code: 'custom', message });
    if (names.length === 0 || names.length > MAX_CLASSES) report(`must name 1 to ${MAX_CLASSES} classes`);
    if (new Set(names).size < names.length) report('names a class twice');
    for (const name of names) {
      if (!acrToken.safeParse(name).success)
        report(`'${name.slice(0, 40)}' is not 1 to 200 characters of ASCII without quotes and backslashes`);
    }
  });
