import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { openAppliance } from '../../src/appliance/appliance.ts'
import { fillFromPointInTime, findWay, makeBase } from '../../src/backup/point-in-time/index.ts'
import { postgresData } from '../../src/backup/restore/fill.ts'
import { withSidePostgres } from '../../src/backup/side-postgres.ts'
import { DockerEngine } from '../../src/engine/docker-engine.ts'
import type { Cost } from './backup-bare.ts'
import { DATABASE, NAME, sql } from './backup-data.ts'
import { seconds } from './fixture.ts'

const VOLUME = `${NAME}_back`
const APART_MS = 2000

const tools = () => ({
  ...{ engine: new DockerEngine(), signal: new AbortController().signal },
  ...{ say: () => undefined, now: () => new Date() },
})

/** A base as every night makes it; what it adds is what it says, for WAL comes in at the same time. */
export async function ourPointInTime(type: 'full' | 'incr'): Promise<Cost> {
  const appliance = await openAppliance(NAME)
  let bytes = 0
  const took = await seconds(async () => {
    bytes = (await makeBase(appliance, tools(), type)).bytes
  })
  return { seconds: took, bytes }
}

export interface Return {
  readonly seconds: number
  /** Whether what was there at the instant is there, and nothing that came after it. */
  readonly exact: boolean
}

/**
 * Back to the moment before a wrong `DELETE`, into a volume beside: two seconds after the last good change, two before the
 * delete.
 */
export async function returnBefore(): Promise<Return> {
  await sql(`CREATE TABLE bench_marker AS SELECT 1 AS n`)
  const wanted = await contents()
  await sleep(APART_MS)
  const instant = new Date()
  await sleep(APART_MS)
  await sql('DELETE FROM bench_documents WHERE id % 2 = 0; INSERT INTO bench_marker VALUES (2)')
  await execa('docker', ['volume', 'create', '--label', `io.domicile.appliance=${NAME}`, VOLUME])
  try {
    const took = await seconds(() => fill(instant))
    return { seconds: took, exact: (await contentsBeside()) === wanted }
  } finally {
    await execa('docker', ['volume', 'rm', VOLUME])
  }
}

async function fill(instant: Date): Promise<void> {
  const appliance = await openAppliance(NAME)
  const show = (at: Date) => at.toISOString()
  const way = await findWay(appliance, instant, show, tools())
  await fillFromPointInTime(appliance, way, show)(VOLUME, tools())
}

const CONTENTS =
  'SELECT (SELECT count(*) FROM bench_documents), (SELECT sum(abalance) FROM pgbench_accounts), (SELECT array_agg(n) FROM bench_marker)'
const contents = async () => (await sql(CONTENTS)).trim()

async function contentsBeside(): Promise<string> {
  const appliance = await openAppliance(NAME)
  const side = { service: 'bench', data: postgresData(VOLUME), scratch: true }
  return withSidePostgres(appliance, side, tools(), async (room) => {
    const { stdout } = await room.exec(['psql', '-XqAtU', 'postgres', `--dbname=${DATABASE}`, `--command=${CONTENTS}`])
    return stdout.trim()
  })
}
