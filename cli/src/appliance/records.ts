import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type HostFile, layoutOf } from '@domicile/stacks/plan'
import { trustSchema } from '@domicile/stacks/release'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { APPLIANCE_NAME } from './name.ts'

/** Where every appliance of a host has its folder. */
export const LIB = '/var/lib/domicile'
export const ETC = '/etc/domicile'

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of the day, like 01:30')
const timeZone = z.string().refine(isTimeZone, 'must be the name of a time zone, like Europe/Zurich')

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/** How backups are made; what is left away is as the licence's terms and the defaults say. */
const backupSchema = z.strictObject({
  window: z.strictObject({ from: clockTime, until: clockTime }).optional(),
  keep: z
    .strictObject({
      days: z.int().min(1).max(3660).optional(),
      weeks: z.int().min(0).max(520).optional(),
      months: z.int().min(0).max(1200).optional(),
    })
    .optional(),
  drillDays: z.int().min(1).max(31).optional(),
  pointInTime: z.enum(['on', 'off']).optional(),
  timeZone: timeZone.optional(),
})

/** Who is told when something turns bad: `POST` with JSON that holds codes and instants, and no secrets. */
const alertsSchema = z.strictObject({ webhook: z.url({ protocol: /^https?$/ }).max(2000) })

/** `/etc/domicile/<name>/appliance.yaml`: what is wanted. */
const wantedSchema = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  ports: z.strictObject({ address: z.ipv4(), http: z.int().min(1).max(65535), https: z.int().min(1).max(65535) }),
  subnets: z.strictObject({ internal: z.cidrv4(), edge: z.cidrv4() }),
  tls: z.union([
    z.strictObject({ mode: z.enum(['internal', 'provided']) }),
    z.strictObject({ mode: z.literal('acme'), email: z.email(), directory: z.url().optional() }),
  ]),
  backup: backupSchema.optional(),
  alerts: alertsSchema.optional(),
  accepted: z.array(z.strictObject({ check: z.string(), by: z.string(), why: z.string(), at: z.string() })),
})

/** `/var/lib/domicile/<name>/state.json`: what is. */
const stateSchema = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  status: z.enum(['installing', 'installed', 'kept']),
  /** This installation began over data that an uninstall had kept; undoing it gives that back and never removes it. */
  overKeptData: z.boolean().default(false),
  release: z.strictObject({
    name: z.string(),
    title: z.string(),
    version: z.string(),
    date: z.string(),
    sequence: z.int(),
  }),
  /** Whose releases this appliance accepts; pinned at first installation, changed by signed key lists alone. */
  trust: trustSchema,
  images: z.array(
    z.strictObject({ role: z.string(), reference: z.string(), digest: z.string(), layers: z.array(z.string()) }),
  ),
  /** Memory and cores of the host when the appliance was sized, so that `apply` compares with the same measure. */
  host: z.strictObject({ memoryBytes: z.int(), cpus: z.int() }),
  /** By key, the volumes that do not have the name they were installed with: what a restore filled beside and switched to. */
  volumes: z.record(z.string(), z.string()).default({}),
  installedAt: z.string().nullable(),
})

export type WantedRecord = z.infer<typeof wantedSchema>
export type StateRecord = z.infer<typeof stateSchema>

const HEADER = `# What is wanted of this appliance. Change it with \`domicile settings set\` or by hand, then run \`domicile apply\`.\n`

const rootFile = (path: string, content: string): HostFile => ({ path, content, mode: 0o644, uid: 0, gid: 0 })

export const wantedFile = (wanted: WantedRecord): HostFile =>
  rootFile(`${layoutOf(wanted.name).etc}/appliance.yaml`, HEADER + stringify(wanted))

export const stateFile = (state: StateRecord): HostFile =>
  rootFile(`${layoutOf(state.name).lib}/state.json`, `${JSON.stringify(state, null, 2)}\n`)

export const journalPath = (name: string) => `${layoutOf(name).lib}/journal.jsonl`

/** `undefined` when there is none. @throws UserError RECORD_INVALID (exit 2) when somebody broke it */
export async function readWanted(name: string): Promise<WantedRecord | undefined> {
  return read(`${layoutOf(name).etc}/appliance.yaml`, named(wantedSchema, name), parse)
}

export async function readState(name: string): Promise<StateRecord | undefined> {
  return read(`${layoutOf(name).lib}/state.json`, named(stateSchema, name), JSON.parse)
}

/** A record that was copied into another appliance’s folder would have that one’s things touched. */
const named = <T extends { name: string }>(schema: z.ZodType<T>, name: string) =>
  schema.refine((record) => record.name === name, { path: ['name'], message: `must be ${name}, as its folder` })

async function read<T>(path: string, schema: z.ZodType<T>, decode: (text: string) => unknown): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return schema.parse(decode(text))
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    throw new UserError(`${path} cannot be read:\n${detail}`, {
      code: 'RECORD_INVALID',
      hint: 'Undo the last change to that file; nothing was touched.',
      exitCode: ExitCode.Usage,
    })
  }
}

/**
 * Names of the appliances that have a folder on this host: installed, half-way, or killed before the first record was
 * written or after the last one was removed.
 */
export async function applianceNames(): Promise<string[]> {
  const entries = await readdir(LIB, { withFileTypes: true }).catch(() => [])
  // What else may be in that folder, like `lost+found`, has another form.
  return entries.filter((entry) => entry.isDirectory() && APPLIANCE_NAME.test(entry.name)).map(({ name }) => name)
}

/** File that says of which appliance this one is a scratch copy. */
export const scratchMark = (name: string) => `${layoutOf(name).lib}/selftest`

/** Whether it is a self-test's copy of another appliance: nobody means it without naming it. */
export const isScratch = (name: string): boolean => existsSync(scratchMark(name))

/** Whether nothing of it is here but what was backed up. */
export const isLeftOver = (name: string): boolean => {
  const { lib, etc } = layoutOf(name)
  return existsSync(`${lib}/backup`) && !existsSync(`${lib}/state.json`) && !existsSync(`${etc}/appliance.yaml`)
}

/**
 * The appliance meant: the named one, or the only one.
 * @throws UserError NO_APPLIANCE (exit 7), WHICH_APPLIANCE (exit 2)
 */
export async function resolveName(name: string | undefined): Promise<string> {
  const names = await applianceNames()
  if (name) {
    if (names.includes(name)) return name
    throw new UserError(`There is no appliance “${name}” on this host.`, {
      code: 'NO_APPLIANCE',
      hint: names.length > 0 ? `Installed: ${names.join(', ')}.` : 'Install one: domicile install RELEASE',
      exitCode: ExitCode.NotFound,
    })
  }
  const whole = names.filter((candidate) => !isScratch(candidate) && !isLeftOver(candidate))
  // Backups of one that is gone are meant where there is nothing else.
  const meant = whole.length > 0 ? whole : names.filter((candidate) => !isScratch(candidate))
  if (meant.length === 1 && meant[0]) return meant[0]
  if (meant.length === 0) {
    throw new UserError('There is no appliance on this host.', {
      code: 'NO_APPLIANCE',
      hint:
        names.length > 0
          ? `A self-test left its scratch copy: domicile uninstall --name ${names[0]}`
          : 'Install one: domicile install RELEASE',
      exitCode: ExitCode.NotFound,
    })
  }
  throw new UserError(`This host has several appliances: ${meant.join(', ')}.`, {
    code: 'WHICH_APPLIANCE',
    hint: 'Say which one with --name.',
    exitCode: ExitCode.Usage,
  })
}
