import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { isSea } from 'node:sea'
import { type Handler, writeDurably } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import type { Action, Difference, UnitsWanted } from '@domicile/stacks/plan'
import { execa } from 'execa'
import { helperUnits, type Program, programOf, serviceUnit, socketUnit } from './units.ts'

export const hasSystemd = () => existsSync('/run/systemd/system')

/** How this very program is called again: a file of its own, or Node.js with the script. */
const thisProgram = (): Program => (isSea() ? [process.execPath] : [process.execPath, process.argv[1] ?? ''])

/** What an installation by this program wants of systemd; `undefined` on a host that does not run it. */
export const wantedUnits = (appliance: string, program: Program = thisProgram()): UnitsWanted | undefined =>
  hasSystemd() ? unitsOf(appliance, program) : undefined

const unitsOf = (appliance: string, program: Program): UnitsWanted => ({
  socket: socketUnit(appliance),
  service: serviceUnit(appliance),
  files: helperUnits(appliance, program),
})

/**
 * The same for an appliance that is there: the program that its unit starts stays the one, for as long as it exists, wherever
 * the program lies that looks.
 */
export async function keptUnits(appliance: string): Promise<UnitsWanted | undefined> {
  if (!hasSystemd()) return undefined
  const own = unitsOf(appliance, thisProgram())
  const text = await readIfThere(own.files[1]?.path ?? '')
  const program = text === null ? undefined : programOf(text, appliance)
  if (text === null || program === undefined || !existsSync(program)) return own
  const line = /^ExecStart=.*$/m
  const kept = line.exec(text)?.[0] ?? ''
  return { ...own, files: own.files.map((file) => ({ ...file, content: file.content.replace(line, () => kept) })) }
}

/** How the units differ from what is wanted; nothing where no systemd is. */
export async function unitDrift(wanted: UnitsWanted | undefined): Promise<Difference[]> {
  if (!wanted) return []
  const differs = (subject: string, aspect: string, words: string, found: string): Difference => ({
    ...{ kind: 'units', subject, aspect, wanted: words, found },
  })
  const texts = await Promise.all(wanted.files.map(({ path }) => readIfThere(path)))
  const changed = wanted.files.flatMap(({ path, content }, index) =>
    texts[index] === content ? [] : [differs(path, 'content', 'as rendered', 'missing or edited')],
  )
  const asked = await Promise.all(
    (['is-active', 'is-enabled'] as const).map(async (question) => systemctl([question, wanted.socket])),
  )
  const [active = '', enabled = ''] = asked.map(({ stdout }) => stdout.trim() || 'unknown')
  return [
    ...changed,
    ...(active === 'active' ? [] : [differs(wanted.socket, 'state', 'active', active)]),
    ...(enabled === 'enabled' ? [] : [differs(wanted.socket, 'start', 'enabled', enabled)]),
  ]
}

/** Writes the units and has the socket listen, now and after every boot. */
export const unitsHandler = (): Handler<Extract<Action, { kind: 'units' }>> => ({
  look: async ({ units }) => Promise.all(units.files.map(({ path }) => readIfThere(path))),
  run: async ({ units }) => {
    for (const file of units.files) await writeDurably(file)
    await must(['daemon-reload'])
    // One that failed too often stays away until somebody says so.
    await systemctl(['reset-failed', units.socket, units.service])
    await must(['enable', units.socket])
    if (await listens(units)) return
    // A service that outlived its socket keeps it from coming back. What it is at work on, it cleans up behind itself.
    await must(['stop', units.service])
    await must(['restart', units.socket])
  },
  undo: async ({ units }, before) => {
    const texts = before as (string | null)[]
    if (texts.every((text) => text === null)) return removeUnits(units)
    for (const [index, file] of units.files.entries()) await writeDurably({ ...file, content: texts[index] ?? '' })
    await must(['daemon-reload'])
  },
})

/** A socket whose place was removed under it is active and nobody finds it. */
const listens = async ({ socket, files: [file] }: UnitsWanted) => {
  const path = /^ListenStream=(.*)$/m.exec(file?.content ?? '')?.[1] ?? ''
  return existsSync(path) && (await systemctl(['is-active', socket])).exitCode === 0
}

/** The units of an appliance that are on this host. */
export const helperFiles = (appliance: string): string[] =>
  helperUnits(appliance, ['-']).flatMap(({ path }) => (existsSync(path) ? [path] : []))

/** Removes what an appliance has of systemd, whole or half; safe to run again. @returns whether there was something */
export async function removeHelper(appliance: string): Promise<boolean> {
  if (helperFiles(appliance).length === 0) return false
  await removeUnits(unitsOf(appliance, ['-']))
  return true
}

async function removeUnits({ socket, service, files }: UnitsWanted): Promise<void> {
  if (hasSystemd()) {
    // The socket first, or whoever asks meanwhile starts the service again. What is at work cleans up behind itself.
    await systemctl(['disable', '--now', socket])
    await systemctl(['stop', service])
    await systemctl(['reset-failed', socket, service])
  }
  for (const { path } of files) await rm(path, { force: true })
  if (hasSystemd()) await must(['daemon-reload'])
}

const systemctl = (args: readonly string[]) => execa('systemctl', args, { reject: false })

async function must(args: readonly string[]): Promise<void> {
  const { exitCode, stderr, stdout } = await systemctl(args)
  if (exitCode === 0) return
  throw new UserError(`systemctl ${args.join(' ')} failed: ${(stderr || stdout).trim() || `exit code ${exitCode}`}`, {
    code: 'SYSTEMD_FAILED',
    hint: 'See why with `systemctl status` and `journalctl -xe`, then run the same command again.',
    exitCode: ExitCode.Failed,
  })
}

async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}
