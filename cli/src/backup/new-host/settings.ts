import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { exactly, PATHS, type Run } from '@domicile/backup/archive'
import { engineHandlers, writeDurably } from '@domicile/stacks/apply'
import { ExitCode, UserError } from '@domicile/stacks/kernel'
import { chooseSubnets, layoutOf, type Mount } from '@domicile/stacks/plan'
import type { Appliance } from '../../appliance/appliance.ts'
import { trailPath } from '../../appliance/audit-trail.ts'
import { readWanted, type WantedRecord, wantedFile } from '../../appliance/records.ts'
import type { DockerEngine } from '../../engine/docker-engine.ts'
import { type Choices, wantedRecord } from '../../install/prepare.ts'
import { routesInUse } from '../../preflight/preflight.ts'
import { TO_GIVE } from '../drill/source.ts'
import { backupFolder } from '../folder.ts'
import type { RoomTools } from '../room.ts'
import { type Access, withTarget } from '../targets/target-room.ts'
import { requirePlain } from './require-plain.ts'

const INSIDE = '/arriving'

const stagingOf = (appliance: string) => `${backupFolder(appliance).root}/arriving`

/**
 * Brings settings, secrets, audit trail and the agent's volume (who this installation is, its licence, record, ledger and
 * certificates) of a snapshot onto this host. Safe to run again.
 */
export async function bringState(
  appliance: Pick<Appliance, 'name' | 'state'>,
  access: Access,
  { parts }: Pick<Run, 'parts'>,
  tools: RoomTools,
): Promise<void> {
  const { name } = appliance
  const [staging, agent] = [stagingOf(name), `${name}_agent`]
  const { volume } = engineHandlers(tools.engine, noImages)
  const progress = { say: () => undefined, signal: tools.signal }
  await volume.run({ kind: 'volume', volume: agent, key: 'agent', appliance: name }, progress)
  await rm(staging, { recursive: true, force: true })
  await mkdir(staging, { recursive: true, mode: 0o700 })
  const mounts: Mount[] = [
    { type: 'bind', source: staging, target: INSIDE, readOnly: false },
    { type: 'volume', source: agent, target: `${INSIDE}${PATHS.state.agent}`, readOnly: false },
  ]
  const { settings, trail, secrets, agent: agentPath } = PATHS.state
  await withTarget(appliance, access, { readOnly: true, mounts, capabilities: TO_GIVE }, tools, (copy) =>
    copy.restoreFiles(parts.files, [settings, trail, secrets, agentPath].map(exactly), INSIDE),
  )
  await putInPlace(name, staging)
  await rm(staging, { recursive: true, force: true })
}

async function putInPlace(name: string, staging: string): Promise<void> {
  const { lib, etc } = layoutOf(name)
  const { settings, trail, secrets } = PATHS.state
  const files = await requirePlain(staging)
  await mkdir(`${lib}/secrets`, { recursive: true, mode: 0o700 })
  for (const file of files) await rename(`${staging}${secrets}/${file}`, `${lib}/secrets/${file}`)
  // The trail goes on from where it was; what was noted here since began is not taken back.
  if (existsSync(`${staging}${trail}`) && !existsSync(trailPath(name)))
    await copyFile(`${staging}${trail}`, trailPath(name))
  if (existsSync(`${etc}/appliance.yaml`)) return
  await mkdir(etc, { recursive: true, mode: 0o755 })
  await writeFile(`${etc}/appliance.yaml`, await readFile(`${staging}${settings}`), { mode: 0o644 })
}

/**
 * What is wanted of the appliance, as it was, but for what this host must have otherwise: ports, address, host name, and
 * networks that are taken here. Who answered for failed checks answered for another host.
 */
export async function wantedHere(name: string, choices: Choices, engine: DockerEngine): Promise<WantedRecord> {
  const was = await readWanted(name)
  if (!was) throw noSettings(name)
  const settings = { ...was.settings, ...(choices.hostname !== undefined && { hostname: choices.hostname }) }
  const routes = routesInUse()
  const taken = [...(await engine.subnetsInUse()), ...routes]
  const isTaken = [was.subnets.internal, was.subnets.edge].some((subnet) => overlaps(subnet, taken))
  const [internal = '', edge = ''] = isTaken ? chooseSubnets(2, taken) : [was.subnets.internal, was.subnets.edge]
  const earlier = { wanted: { ...was, subnets: { internal, edge }, accepted: [] }, state: undefined }
  const wanted = await wantedRecord(name, settings, choices, earlier, { engine, routes })
  const here: WantedRecord = { ...was, ...wanted }
  await writeDurably(wantedFile(here))
  return here
}

/** Networks of the plan are /24: two overlap when one of the others reaches into it. */
const overlaps = (subnet: string, others: readonly string[]): boolean => others.some((other) => meet(subnet, other))

function meet(one: string, other: string): boolean {
  const [a, b] = [rangeOf(one), rangeOf(other)]
  return a[0] <= b[1] && b[0] <= a[1]
}

function rangeOf(cidr: string): [number, number] {
  const [address = '', bits = '32'] = cidr.split('/')
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  const from = Math.floor(first / size) * size
  return [from, from + size - 1]
}

const noImages = async (): Promise<never> => {
  throw new Error('a restore loads its images before')
}

const noSettings = (name: string) =>
  new UserError(`The snapshot has no settings of “${name}”.`, {
    code: 'RECORD_INVALID',
    hint: 'It is not whole. Choose another one: give its run id.',
    exitCode: ExitCode.Unverified,
  })
