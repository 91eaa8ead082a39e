import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ExitCode, UserError } from '../kernel/index.ts'
import { CHECKS } from '../preflight/index.ts'
import { type Compose, composeSchema, type Service } from './compose-schema.ts'
import { type Manifest, manifestSchema } from './manifest-schema.ts'
import { settingsValidator } from './settings.ts'
import { invalid, type Problem, parseYaml } from './yaml.ts'

/** Secrets the appliance makes for every stack; a compose file uses them by these names. */
export const DATABASE_SECRETS = ['database_password', 'database_owner_password'] as const

/** What services show the agent when they ask it about seats and licences; a service gets it by listing it. */
export const LICENSE_SECRET = 'license_token'

/** Secrets that a compose file may name without describing them. */
const GIVEN_SECRETS: readonly string[] = [...DATABASE_SECRETS, LICENSE_SECRET]

/** Files beside those; a secret of the stack by such a name would be the appliance’s own. */
const RESERVED_SECRETS: readonly string[] = [
  ...GIVEN_SECRETS,
  'postgres_password',
  'agent_database_password',
  'meter_database_password',
  'agent_license_token',
]

/** Databases that every PostgreSQL has. */
const RESERVED_DATABASES = ['postgres', 'template0', 'template1']

/** A vendor's application, read and checked. Plain data. */
export interface Stack {
  readonly manifest: Manifest
  readonly compose: Compose
  /** Every file of the stack that travels in the release, by path relative to the stack folder; text. */
  readonly files: ReadonlyMap<string, string>
}

/**
 * Makes a stack of its files.
 * @param files path → text; must hold `compose.yaml` and `appliance.yaml`
 * @throws UserError STACK_INVALID with file and line of every problem, STACK_INCOMPLETE when a file is missing
 */
export function parseStack(files: ReadonlyMap<string, string>): Stack {
  const compose = parseYaml<Compose>(required(files, 'compose.yaml'), 'compose.yaml', composeSchema as never)
  const manifest = parseYaml<Manifest>(required(files, 'appliance.yaml'), 'appliance.yaml', manifestSchema as never)
  const problems = crossCheck(manifest, compose, files)
  if (problems.length > 0) throw invalid(problems)
  return { manifest, compose, files }
}

/** Reads a vendor's folder: the two YAML files and whatever else the manifest names. */
export async function loadStack(folder: string): Promise<Stack> {
  const files = new Map<string, string>()
  for (const name of ['compose.yaml', 'appliance.yaml']) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text !== undefined) files.set(name, text)
  }
  for (const path of await extraFiles(folder)) files.set(path, await readFile(join(folder, path), 'utf8'))
  const stack = parseStack(files)
  // Only here: compiling a schema is slow, and a stack that is installed was checked before it was released.
  settingsValidator(stack.manifest)
  return stack
}

/** SQL and text that travels with the stack. Image sources stay with the vendor. */
async function extraFiles(folder: string): Promise<string[]> {
  const sql = join(folder, 'database')
  if (!(await stat(sql).catch(() => undefined))?.isDirectory()) return []
  const entries = await readdir(sql, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sql'))
    .map((entry) => relative(folder, join(sql, entry.name)))
    .sort()
}

function required(files: ReadonlyMap<string, string>, name: string): string {
  const text = files.get(name)
  if (text !== undefined) return text
  throw new UserError(`The stack has no ${name}.`, {
    code: 'STACK_INCOMPLETE',
    hint: 'A stack is a folder with compose.yaml and appliance.yaml; docs/vendor/packaging.md shows one step by step.',
    exitCode: ExitCode.Usage,
  })
}

/** What the two files must agree on. */
function crossCheck(
  manifest: Manifest,
  { services, volumes, secrets }: Compose,
  files: ReadonlyMap<string, string>,
): Problem[] {
  const problems: Problem[] = []
  const wrong = (path: string, message: string, file = 'appliance.yaml') =>
    problems.push({ file, line: lineOf(files.get(file) ?? '', path), column: 1, path, message })
  const service = (name: string): Service | undefined => (Object.hasOwn(services, name) ? services[name] : undefined)

  if (!service(manifest.gateway.service))
    wrong('gateway.service', `"${manifest.gateway.service}" is not a service of compose.yaml`)
  for (const [name, job] of Object.entries(manifest.lifecycle)) {
    if (job && !service(job.service)) wrong(`lifecycle.${name}`, `"${job.service}" is not a service of compose.yaml`)
  }
  for (const name of manifest.egress) if (!service(name)) wrong('egress', `"${name}" is not a service of compose.yaml`)
  for (const { volume } of manifest.documents) {
    if (!volumes.includes(volume)) wrong('documents', `"${volume}" is not a volume of compose.yaml`)
  }
  for (const secret of secrets) {
    if (!Object.hasOwn(manifest.secrets, secret) && !GIVEN_SECRETS.includes(secret)) {
      wrong('secrets', `"${secret}" is not described under secrets of appliance.yaml`, 'compose.yaml')
    }
  }
  for (const secret of Object.keys(manifest.secrets)) {
    if (RESERVED_SECRETS.includes(secret)) wrong(`secrets.${secret}`, 'is a name the appliance uses itself')
  }
  for (const [name, { secrets: used }] of Object.entries(services)) {
    if (used.includes('database_owner_password')) {
      wrong(`services.${name}`, 'must not hold database_owner_password; only lifecycle commands get it', 'compose.yaml')
    }
  }
  if (manifest.login && !Object.hasOwn(manifest.secrets, manifest.login.secret)) {
    wrong('login.secret', `"${manifest.login.secret}" is not described under secrets`)
  }
  checkDatabase(manifest.database, files, wrong)
  const { restored } = manifest.backup
  if (restored && !files.has(restored)) wrong('backup.restored', `file ${restored} is missing`)
  problems.push(...psqlCommands(files))
  for (const id of manifest.strict) {
    if (!CHECKS.some((check) => check.id === id)) wrong('strict', `"${id}" is not a preflight check`)
  }
  if ('hostname' in manifest.settings) wrong('settings.hostname', 'is asked of every appliance by itself; remove it')
  return problems
}

type Wrong = (path: string, message: string) => void

/** Names that PostgreSQL or the appliance has taken. */
function checkDatabase(database: Manifest['database'], files: ReadonlyMap<string, string>, wrong: Wrong): void {
  if (RESERVED_DATABASES.includes(database.name)) {
    wrong('database.name', `"${database.name}" belongs to PostgreSQL`)
  }
  for (const name of Object.values({ ...database, grants: '', memory: '' })) {
    if (String(name).startsWith('domicile')) wrong('database', `"${name}" is a name the appliance uses itself`)
  }
  if (database.owner === database.app) wrong('database.app', 'must be another role than the owner')
  for (const role of [database.owner, database.app]) {
    if (role === 'postgres' || role === 'public' || role === 'none' || role.startsWith('pg_'))
      wrong('database', `role "${role}" belongs to PostgreSQL`)
  }
  if (database.grants && !files.has(database.grants)) {
    wrong('database.grants', `file ${database.grants} is missing (SQL files live in the folder database/)`)
  }
}

/** Lines that only psql would understand: SQL files go to the server as they are. */
function psqlCommands(files: ReadonlyMap<string, string>): Problem[] {
  return [...files]
    .filter(([file]) => file.endsWith('.sql'))
    .flatMap(([file, text]) => text.split('\n').map((line, index) => ({ file, text: line, line: index + 1 })))
    .filter(({ text }) => /^\s*\\/.test(text))
    .map(({ file, line }) => ({ file, line, column: 1, path: '', message: 'psql’s own commands (\\…) are not SQL' }))
}

/** The line of the first key of a path, good enough to find the place. */
function lineOf(text: string, path: string): number {
  const key = path.split('.')[0]
  const index = text.split('\n').findIndex((line) => line.startsWith(`${key}:`))
  return index + 1 || 1
}
