import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { BackupRefusal } from '@domicile/backup/refusal'
import { chooseHostKey, type HostKey } from '@domicile/backup/targets'
import type { Appliance } from '../../appliance/appliance.ts'
import { type RoomTools, withRoom } from '../room.ts'
import type { TargetFiles } from './store.ts'

type Known = Pick<Appliance, 'name' | 'state'>

/** A key pair of its own for one second copy, made once. @returns the public part, one line */
export async function makeSshKey(
  appliance: Known,
  { sshKey, sshPublicKey }: Pick<TargetFiles, 'sshKey' | 'sshPublicKey'>,
  tools: RoomTools,
): Promise<string> {
  if (!existsSync(sshKey) || !existsSync(sshPublicKey)) {
    const mount = { type: 'bind', source: dirname(sshKey), target: '/keys', readOnly: false } as const
    const spec = { service: 'second-copy-key', role: 'backup', mounts: [mount], network: 'none', user: '0' } as const
    await withRoom(appliance, spec, tools, async (room) => {
      const path = `/keys/${basename(sshKey)}`
      await room.exec(['rm', '-f', path, `${path}.pub`])
      const words = ['-q', '-t', 'ed25519', '-N', '', '-C', `domicile-${appliance.name}`, '-f', path]
      const { exitCode, stderr } = await room.exec(['ssh-keygen', ...words])
      if (exitCode !== 0) throw keyNotMade(stderr)
    })
  }
  return (await readFile(sshPublicKey, 'utf8')).trim()
}

/** What the server at that address shows now; nothing says yet that it is the right one. @throws BackupRefusal HOST_KEY_UNKNOWN */
export async function scanHostKey(
  appliance: Known,
  { host, port, network }: { host: string; port: number; network: 'edge' | 'bridge' },
  tools: RoomTools,
): Promise<HostKey> {
  const spec = { service: 'second-copy-scan', role: 'backup', mounts: [], network, user: '70' } as const
  return withRoom(appliance, spec, tools, async (room) => {
    const words = ['-T', '15', '-p', String(port), '-t', 'ed25519,ecdsa,rsa', '--', host]
    const { stdout } = await room.exec(['ssh-keyscan', ...words])
    return chooseHostKey(stdout)
  })
}

const keyNotMade = (said: string) =>
  new BackupRefusal(`No SSH key could be made: ${said.trim()}`, {
    code: 'SSH_KEY',
    hint: 'A full disk is the usual cause (df -h). Nothing was added; run it again.',
    kind: 'failed',
  })
