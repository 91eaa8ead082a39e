import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { parseSheet } from '@domicile/backup/keys'
import { parseStack } from '@domicile/stacks/stack'
import { withLock } from '../../appliance/lock.ts'
import type { WantedRecord } from '../../appliance/records.ts'
import { DockerEngine } from '../../engine/docker-engine.ts'
import { readGiven } from '../../given-file.ts'
import { requireReady } from '../../preflight/require-ready.ts'
import { openTrusted } from '../../release/open-trusted.ts'
import { stage } from '../../screen/stage.ts'
import { withBackupLock } from '../lock.ts'
import type { NewHostFlags } from './flags.ts'
import { meantUrl, readSheetText } from './reach.ts'
import { type Arrived, type NewHostTools, restoreToNewHost } from './to-new-host.ts'

/** What a command gives: how it speaks and asks. */
export interface Speaker {
  readonly signal: AbortSignal
  readonly quiet: boolean
  say(text: string): void
  confirm(message: string, agreed: boolean): Promise<void>
}

/** @param snapshot run id or the beginning of it; undefined: the newest */
export async function runNewHost(
  snapshot: string | undefined,
  flags: NewHostFlags,
  speaker: Speaker,
): Promise<Arrived & { name: string }> {
  const sheet = parseSheet(await readSheetText(flags.sheet ?? ''))
  if (sheet.corrected.length > 0) speaker.say(`Mistyped, and put right by their words: ${sheet.corrected.join(', ')}`)
  const url = meantUrl(flags.from, sheet)
  const release = await openTrusted(flags.release ?? '', flags)
  const name = flags.name ?? sheet.appliance ?? release.manifest.name
  const stack = parseStack(release.stackFiles)
  const choices = {
    ...{ settingsFile: undefined, hostname: flags.hostname, address: flags.address },
    ...{ httpPort: flags['http-port'], httpsPort: flags['https-port'], subnets: flags.subnet ?? [] },
  }
  const tools: NewHostTools = {
    ...{ engine: new DockerEngine(), stage: stage(speaker.quiet), signal: speaker.signal, now: () => new Date() },
    say: (text) => speaker.say(text),
    trust: (shown, type) => vouched(shown, type, flags['host-key'], speaker),
    s3Keys: async () => s3Keys(flags['s3-keys']),
    sshKey: flags['ssh-key'],
    ca: flags.ca,
    agree: ({ run, manifest }) =>
      speaker.confirm(
        `Bring “${name}” (${manifest.release.name} ${manifest.release.version}) onto this host as it was at ${manifest.at} (${run.run})?`,
        flags.yes,
      ),
    judge: (wanted) =>
      requireReady(
        {
          ...{ name, manifest: stack.manifest, extractedBytes: release.manifest.unpackedBytes },
          hostname: String(wanted.settings['hostname']),
          flags: { ...flags, ...publishedAt(wanted) },
        },
        { by: userInfo().username, at: new Date().toISOString() },
      ),
  }
  return withLock(name, 'restore --to-new-host', () =>
    withBackupLock(name, 'restore --to-new-host', async () => ({
      name,
      ...(await restoreToNewHost({ name, url, sheet, release, snapshot, choices }, tools)),
    })),
  )
}

const publishedAt = ({ ports, subnets }: WantedRecord) => ({
  ...{ address: ports.address, 'http-port': ports.http, 'https-port': ports.https },
  subnet: [subnets.internal, subnets.edge],
})

async function vouched(shown: string, type: string, given: string | undefined, speaker: Speaker): Promise<boolean> {
  if (given !== undefined) return given.trim() === shown
  speaker.say(`The server shows the host key ${shown} (${type}); the recovery sheet does not say which it must be.`)
  await speaker.confirm('Is that what `ssh-keygen -lf` says on the server itself?', false)
  return true
}

function s3Keys(from: string | undefined): Promise<string> | string {
  if (from === undefined) return ''
  return from === '-' ? readFileSync(0, 'utf8') : readGiven(from)
}

/** What it ends with: where it runs, what is lost, and what not to do. */
export const arrivedText = ({ name, run, at, url, seconds }: Arrived & { name: string }): string =>
  [
    '',
    `“${name}” runs here at ${url}, as it was at ${at} (${run}); it took ${Math.ceil(seconds)} seconds.`,
    'What was entered after that is lost. Do not start the old host again: there would be two of one installation, and the record of each would show it.',
    '',
    'Next:',
    `  domicile status --name ${name}               how it is`,
    `  domicile backup create --name ${name}        the first snapshot of this host`,
    `  domicile backup keys export --name ${name}   the recovery sheet as it is now`,
  ].join('\n')
