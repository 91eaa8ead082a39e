import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { type Blueprint, layoutOf, makeBlueprint, type VendorKey } from '@domicile/stacks/plan'
import { parsePublicKey, type Trust } from '@domicile/stacks/release'
import { parseStack, type Stack } from '@domicile/stacks/stack'
import { pointInTimeWanted } from '../backup/point-in-time/wanted.ts'
import { DockerEngine } from '../engine/docker-engine.ts'
import {
  isLeftOver,
  isScratch,
  readState,
  readWanted,
  resolveName,
  type StateRecord,
  type WantedRecord,
} from './records.ts'

/** An appliance of this host, read from its records: what is wanted, what is, and the whole of it as data. */
export interface Appliance {
  readonly name: string
  readonly wanted: WantedRecord
  readonly state: StateRecord
  readonly stack: Stack
  readonly blueprint: Blueprint
  readonly engine: Engine
}

/**
 * @throws UserError NO_APPLIANCE (7), WHICH_APPLIANCE (2), NOT_INSTALLED (7) when an installation was interrupted or
 * only its data was kept
 */
export async function openAppliance(flagName: string | undefined): Promise<Appliance> {
  const name = await resolveName(flagName)
  const [wanted, state] = [await readWanted(name), await readState(name)]
  if (!wanted || state?.status !== 'installed') throw notInstalled(name, state)
  const stack = await readStack(name)
  return { name, wanted, state, stack, blueprint: blueprintOf(wanted, state, stack), engine: new DockerEngine() }
}

export const blueprintOf = (
  wanted: WantedRecord,
  state: Pick<StateRecord, 'images' | 'host' | 'trust' | 'volumes'>,
  stack: Stack,
): Blueprint =>
  makeBlueprint({
    name: wanted.name,
    stack,
    settings: wanted.settings,
    ports: wanted.ports,
    subnets: wanted.subnets,
    tls: wanted.tls.mode === 'acme' ? acme(wanted.tls) : { mode: wanted.tls.mode },
    images: Object.fromEntries(state.images.map(({ role, ...image }) => [role, image])),
    host: state.host,
    volumes: state.volumes,
    vendorKeys: vendorKeysOf(state.trust),
    backup: wanted.backup,
    pointInTime: pointInTimeWanted(wanted, state.images),
  })

/** The keys that sign releases, as licences name them. */
export const vendorKeysOf = ({ keys }: Trust): VendorKey[] =>
  keys.map(({ publicKey, from, until }) => {
    const { keyId, key } = parsePublicKey(publicKey)
    return { kid: keyId, publicKey: key.export({ format: 'jwk' }).x ?? '', from, until }
  })

const acme = ({ email, directory }: { email: string; directory?: string | undefined }) =>
  directory === undefined ? { mode: 'acme' as const, email } : { mode: 'acme' as const, email, directory }

export const measureHost = () => ({ memoryBytes: totalmem(), cpus: cpus().length })

/** The stack of the installed release, as it was unpacked at installation. */
export const readStack = (name: string): Promise<Stack> => readStackAt(join(layoutOf(name).lib, 'release/stack'))

/** A stack from a folder; what is no file in there is passed over. @throws UserError when it is none */
export async function readStackAt(folder: string): Promise<Stack> {
  const entries = existsSync(folder) ? await readdir(folder, { recursive: true, withFileTypes: true }) : []
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const),
  )
  return parseStack(new Map(texts))
}

function notInstalled(name: string, state: StateRecord | undefined): UserError {
  if (isScratch(name)) {
    return new UserError(`“${name}” is a self-test’s scratch copy, and nobody’s appliance.`, {
      code: 'NOT_INSTALLED',
      hint: `The next self-test removes it, and so does \`domicile uninstall --name ${name}\`.`,
      exitCode: ExitCode.NotFound,
    })
  }
  if (isLeftOver(name)) {
    return new UserError(`Only the backups of “${name}” are here; the appliance was uninstalled.`, {
      code: 'NOT_INSTALLED',
      hint: `\`domicile install RELEASE --name ${name}\` takes them up again; \`domicile uninstall --name ${name} --remove-backups\` removes them.`,
      exitCode: ExitCode.NotFound,
    })
  }
  const kept = state?.status === 'kept'
  return new UserError(
    kept
      ? `Only the data of “${name}” is here; the appliance was uninstalled with --keep-data.`
      : `The installation of “${name}” has not ended.`,
    {
      code: 'NOT_INSTALLED',
      hint: `Run \`domicile install RELEASE --name ${name}\` to ${kept ? 'take the data up again' : 'go on where it stopped'}, or \`domicile uninstall --name ${name}\`.`,
      exitCode: ExitCode.NotFound,
    },
  )
}

/** Changing an appliance needs root: its files and secrets belong to other users. @throws UserError NOT_ROOT (3) */
export function requireRoot(): void {
  if (process.geteuid?.() === 0) return
  throw new UserError('This command changes the appliance and needs root.', {
    code: 'NOT_ROOT',
    hint: 'Run it with sudo.',
    exitCode: ExitCode.Refused,
  })
}
