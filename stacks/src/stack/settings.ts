import { isIP } from 'node:net'
import { runInNewContext } from 'node:vm'
import { Ajv, type ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import { ExitCode, UserError } from '../kernel/index.ts'
import type { Manifest } from './manifest-schema.ts'

export type SettingValue = string | number | boolean
export type Settings = Readonly<Record<string, SettingValue>>

/** One question of `install`: what is asked, and what the answer may be. */
export interface Question {
  readonly key: string
  readonly title: string
  readonly description: string | undefined
  readonly type: 'string' | 'integer' | 'number' | 'boolean'
  readonly default: SettingValue | undefined
  readonly choices: readonly (string | number)[] | undefined
}

/** Every appliance is reached under a name; the stack need not say so. */
const HOSTNAME = {
  type: 'string',
  format: 'appliance-host',
  maxLength: 253,
  title: 'Name (or IP address) under which people reach the appliance',
} as const

/** The JSON Schema of all settings of a stack. */
export function settingsSchema({ settings }: Pick<Manifest, 'settings'>) {
  const properties = { hostname: HOSTNAME, ...settings }
  const required = Object.entries(properties)
    .filter(([, schema]) => !('default' in schema))
    .map(([key]) => key)
  return { type: 'object', properties, required, additionalProperties: false } as const
}

export function questions(manifest: Pick<Manifest, 'settings'>): Question[] {
  return Object.entries(settingsSchema(manifest).properties).map(([key, schema]) => {
    const { title, description, type, default: preset, enum: choices } = schema as Manifest['settings'][string]
    return { key, title, description, type, default: preset, choices }
  })
}

/**
 * Returns a function that completes settings with their defaults and checks them.
 * @throws UserError SETTINGS_SCHEMA (exit 2) when the stack's own schema is not valid JSON Schema
 */
export function settingsValidator(manifest: Pick<Manifest, 'settings'>): (settings: Settings) => Settings {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: true, code: { regExp: boundedRegExp } })
  formats.default(ajv)
  ajv.addFormat('appliance-host', isHost)
  const check = compile(ajv, settingsSchema(manifest))
  return (settings) => {
    const complete = structuredClone(settings)
    if (check(complete)) return complete
    const problems = (check.errors ?? []).map(describe)
    throw new UserError(`The settings are not valid:\n${problems.join('\n')}`, {
      code: 'SETTINGS_INVALID',
      hint: 'Correct them where you wrote them: on the command line, in the settings file or in appliance.yaml.',
      exitCode: ExitCode.Usage,
    })
  }
}

const PATTERN_MS = 200

/** The vendor’s patterns, each with a deadline: some need longer than the universe for forty characters. */
const boundedRegExp = Object.assign(
  (pattern: string, flags: string) => {
    const expression = new RegExp(pattern, flags)
    const test = (text: string): boolean => {
      try {
        return runInNewContext('expression.test(text)', { expression, text }, { timeout: PATTERN_MS })
      } catch (cause) {
        throw new UserError(`appliance.yaml: settings: the pattern ${pattern} does not come to an end for “${text}”.`, {
          code: 'SETTINGS_SCHEMA',
          hint: 'Write it without repetitions inside repetitions, such as (a+)+.',
          exitCode: ExitCode.Usage,
          cause,
        })
      }
    }
    return { test }
  },
  { code: 'new RegExp' },
)

function compile(ajv: Ajv, schema: object) {
  try {
    return ajv.compile(schema)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`appliance.yaml: settings: ${(error as Error).message}`, {
      code: 'SETTINGS_SCHEMA',
      hint: 'Each setting is a JSON Schema; see docs/reference/stack.md.',
      exitCode: ExitCode.Usage,
    })
  }
}

/** A DNS name with lower-case labels, or an IP address. */
export function isHost(text: string): boolean {
  if (isIP(text)) return true
  return (
    text.length <= 253 &&
    text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) &&
    !/^[\d.]+$/.test(text)
  )
}

function describe({ instancePath, params, message, keyword }: ErrorObject): string {
  const key = instancePath.slice(1).replaceAll('/', '.')
  if (keyword === 'required') return `  ${params['missingProperty']}: is missing`
  if (keyword === 'additionalProperties') return `  ${params['additionalProperty']}: this stack has no such setting`
  if (params['format'] === 'appliance-host') return `  ${key}: must be a host name in lower case or an IP address`
  return `  ${key}: ${message}${keyword === 'enum' ? ` (${params['allowedValues'].join(', ')})` : ''}`
}
