import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { writeDurably } from '@domicile/stacks/apply'
import { execa } from 'execa'
import { catalogueText } from '../../../backup/src/catalogue/index.ts'
import { DEFAULT_KEEP, policy } from '../../../backup/src/policy/index.ts'
import { runIdAt, type Snapshot } from '../../../backup/src/snapshot/index.ts'
import { backupFolder } from '../../src/backup/folder.ts'
import { NAME } from './backup-data.ts'
import { EXECUTABLE, median, seconds } from './fixture.ts'

const ENTRIES = 10_000
const ROUNDS = 5
const DAY_MS = 86_400_000
const UNTIL = Date.parse('2026-11-22T00:30:00Z')

/** A night each, for twenty-seven years: more than any policy leaves. */
function nights(): Snapshot[] {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  return Array.from({ length: ENTRIES }, (_, index) => {
    const at = new Date(UNTIL - (ENTRIES - index) * DAY_MS)
    const part = (name: string) => digest(`${name} ${index}`)
    return {
      ...{ run: runIdAt(at, '0b0b0b'), at: at.toISOString(), kind: 'scheduled', hold: null, refused: null },
      release: { name: 'erp', version: '7.0.30' },
      parts: { database: part('database'), files: part('files'), manifest: part('manifest') },
      manifest: part('document'),
      bytes: { dump: 1_600_000_000, documents: 291_000_000, added: 15_000_000 },
      ...{ seconds: 31.4, checkedAt: at.toISOString(), provenAt: index % 7 === 0 ? at.toISOString() : null },
    }
  })
}

export interface CatalogueTimes {
  readonly list: number
  readonly policyMs: number
}

/** `backup list` of the installed appliance and the policy alone, medians of some rounds; the catalogue is put back. */
export async function benchCatalogue(): Promise<CatalogueTimes> {
  const { catalogue } = backupFolder(NAME)
  const file = { path: catalogue, mode: 0o644, uid: 0, gid: 0 }
  const before = await readFile(catalogue, 'utf8').catch(() => '')
  const snapshots = nights()
  await writeDurably({ ...file, content: catalogueText(snapshots) })
  try {
    const [list, decide]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      list.push(await seconds(() => execa(EXECUTABLE, ['backup', 'list', '--explain', '--name', NAME])))
      const terms = { ...DEFAULT_KEEP, timeZone: 'Europe/Berlin' }
      decide.push(await seconds(async () => policy(snapshots, new Date(UNTIL), terms)))
    }
    return { list: median(list), policyMs: median(decide) * 1000 }
  } finally {
    await writeDurably({ ...file, content: before })
  }
}
