import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'

// zod's small build carries no words of its own.
z.config(en())

/** Each wrong field of a document with what it should be, in one line: `tls/mode: Invalid input; hostnames: Too small`. */
export const explainProblems = (error: z.core.$ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join('/') || 'document'}: ${message}`).join('; ')
