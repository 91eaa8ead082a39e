export { type Compose, composeSchema, RESERVED_SERVICES, type Service } from './compose-schema.ts'
export { type Job, type Manifest, manifestSchema } from './manifest-schema.ts'
export {
  isHost,
  type Question,
  questions,
  type Settings,
  type SettingValue,
  settingsSchema,
  settingsValidator,
} from './settings.ts'
export { parseSize } from './sizes.ts'
export { DATABASE_SECRETS, LICENSE_SECRET, loadStack, parseStack, type Stack } from './stack.ts'
