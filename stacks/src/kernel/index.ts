export { ExitCode, UserError, type UserErrorOptions } from './user-error.ts'
