import { readFile } from 'node:fs/promises'
import type { Engine } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { chooseSubnets } from '@domicile/stacks/plan'
import { questions, type Settings, type Stack, settingsValidator } from '@domicile/stacks/stack'
import { parse } from 'yaml'
import { readState, readWanted, type StateRecord, type WantedRecord } from '../appliance/records.ts'
import { backupAtInstallation } from '../backup/point-in-time/at-installation.ts'

/** What the person said on the command line. */
export interface Choices {
  readonly settingsFile: string | undefined
  readonly hostname: string | undefined
  readonly address: string | undefined
  readonly httpPort: number | undefined
  readonly httpsPort: number | undefined
  readonly subnets: readonly string[]
}

/** What an earlier run left: an unfinished installation, kept data, or nothing. */
export interface Earlier {
  readonly wanted: WantedRecord | undefined
  readonly state: StateRecord | undefined
}

export async function readEarlier(name: string): Promise<Earlier> {
  return { wanted: await readWanted(name), state: await readState(name) }
}

/** Settings from the file, from an earlier run and from flags, in that order of growing weight; not yet complete. */
export async function givenSettings({ settingsFile, hostname }: Choices, { wanted }: Earlier): Promise<Settings> {
  const fromFile = settingsFile ? await readSettingsFile(settingsFile) : {}
  return { ...wanted?.settings, ...fromFile, ...(hostname && { hostname }) }
}

async function readSettingsFile(path: string): Promise<Settings> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`The settings file ${path} cannot be read: ${error.message}`, {
      code: 'SETTINGS_UNREADABLE',
      hint: 'Check the path and its permissions.',
      exitCode: ExitCode.Usage,
    })
  })
  try {
    const value: unknown = parse(text)
    if (value && typeof value === 'object' && !Array.isArray(value)) return value as Settings
    throw new Error('it is not a list of KEY: value lines')
  } catch (error) {
    throw new UserError(`The settings file ${path} is not valid YAML: ${(error as Error).message}`, {
      code: 'SETTINGS_INVALID',
      hint: 'Write one `key: value` a line, for example `hostname: erp.example.com`.',
      exitCode: ExitCode.Usage,
    })
  }
}

/** Asks for what is missing, each answer checked as it is typed. */
export async function askSettings(stack: Stack, given: Settings, ask: AskFunction): Promise<Settings> {
  const answers: Record<string, string | number | boolean> = { ...given }
  for (const question of questions(stack.manifest)) {
    if (question.key in answers) continue
    if (question.default !== undefined && ask === undefined) continue
    if (ask) answers[question.key] = await ask(question, (value) => problemWith(stack, question.key, value))
  }
  return settingsValidator(stack.manifest)(answers)
}

export type AskFunction =
  | ((
      question: ReturnType<typeof questions>[number],
      problem: (value: string | number | boolean) => string | undefined,
    ) => Promise<string | number | boolean>)
  | undefined

/** What is wrong with one answer alone. */
function problemWith({ manifest }: Stack, key: string, value: string | number | boolean): string | undefined {
  const only = key === 'hostname' ? {} : { [key]: manifest.settings[key] ?? { type: 'string' as const, title: key } }
  try {
    settingsValidator({ settings: only })({ hostname: key === 'hostname' ? String(value) : 'localhost', [key]: value })
    return undefined
  } catch (error) {
    return (error as Error).message.split('\n').at(-1)?.trim()
  }
}

/** The full record of what is wanted; address ranges of an earlier run stay, new ones avoid what is in use. */
export async function wantedRecord(
  name: string,
  settings: Settings,
  { address, httpPort, httpsPort, subnets }: Choices,
  { wanted }: Earlier,
  { engine, routes }: { engine: Engine; routes: readonly string[] },
): Promise<WantedRecord> {
  if (subnets.length !== 0 && subnets.length !== 2) {
    throw new UserError(`--subnet was given ${subnets.length} times; the appliance has two networks.`, {
      code: 'USAGE',
      hint: 'Give it twice, or leave it away.',
      exitCode: ExitCode.Usage,
    })
  }
  const [internal, edge] =
    subnets.length === 2
      ? subnets
      : wanted
        ? [wanted.subnets.internal, wanted.subnets.edge]
        : chooseSubnets(2, [...(await engine.subnetsInUse()), ...routes])
  const backup = wanted ? wanted.backup : await backupAtInstallation()
  return {
    format: 1,
    name,
    settings: { ...settings },
    ports: {
      address: address ?? wanted?.ports.address ?? '0.0.0.0',
      http: httpPort ?? wanted?.ports.http ?? 80,
      https: httpsPort ?? wanted?.ports.https ?? 443,
    },
    subnets: { internal: internal ?? '', edge: edge ?? '' },
    tls: wanted?.tls ?? { mode: 'internal' },
    ...(backup && { backup }),
    ...(wanted?.alerts && { alerts: wanted.alerts }),
    accepted: wanted?.accepted ?? [],
  }
}
