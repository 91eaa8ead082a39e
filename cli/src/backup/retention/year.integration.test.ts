import { tagsOf } from '@domicile/backup/archive'
import { policy } from '@domicile/backup/policy'
import { runIdAt, type Snapshot } from '@domicile/backup/snapshot'
import { expect, test } from 'vitest'
import type { Archive } from '../archive.ts'
import { withArchive } from '../archive-room.ts'
import { Archived } from '../targets/second-copy.fixture.ts'

/**
 * A year of nights with the real engine, its snapshots dated back: what the policy lets go is taken out of the archive, and
 * at the end what is in there is what the contract says. Each night is one small file; in spring and summer three nights of
 * four are missed, which changes nothing in what must be left.
 */

const TERMS = { days: 7, weeks: 4, months: 2, timeZone: 'Europe/Ljubljana' }
const DAY_MS = 86_400_000
const FIRST = Date.parse('2026-01-04T00:30:00Z')
/** A Sunday, and the last day of a 53rd week. */
const LAST = Date.parse('2027-01-03T00:30:00Z')
const EVERY_NIGHT_FROM = Date.parse('2026-11-10T00:00:00Z')
/** So many nights are made side by side; as many go in one call. */
const BATCH = 28
const LANES = 4

const dayOf = (at: string) => new Intl.DateTimeFormat('sv-SE', { timeZone: TERMS.timeZone }).format(new Date(at))

function nightsOfTheYear(): Date[] {
  const nights: Date[] = []
  for (let at = FIRST; at <= LAST; at += DAY_MS) {
    if (at > EVERY_NIGHT_FROM || ((at - FIRST) / DAY_MS) % 4 === 0) nights.push(new Date(at))
  }
  return nights
}

async function makeNight(archive: Archive, at: Date, number: number): Promise<Snapshot> {
  const run = runIdAt(at, number.toString(16).padStart(6, '0'))
  const source = { host: 't-year', at, tags: tagsOf(run, 'scheduled', 'manifest') }
  const { id } = await archive.backupCommand(source, 'manifest.json', ['echo', run])
  return {
    ...{ run, at: at.toISOString(), kind: 'scheduled', hold: null, refused: null, checkedAt: null },
    release: { name: 'guestbook', version: '1.0.0' },
    ...{ parts: { database: id, files: id, manifest: id }, manifest: '0'.repeat(64) },
    ...{ bytes: { dump: 1, documents: 0, added: 1 }, seconds: 1 },
    provenAt: number % 7 === 0 ? at.toISOString() : null,
  }
}

/** In the order of the nights, some at a time. */
async function makeNights(archive: Archive, nights: readonly Date[], from: number): Promise<Snapshot[]> {
  const made: Snapshot[] = []
  for (let first = 0; first < nights.length; first += LANES) {
    const lanes = nights.slice(first, first + LANES)
    made.push(...(await Promise.all(lanes.map((at, lane) => makeNight(archive, at, from + first + lane)))))
  }
  return made
}

test('after a year of nights exactly what the contract says is in the archive', async () => {
  await using archived = await new Archived('t-year').start()
  await withArchive(archived.appliance, { service: 'year' }, archived.tools, async (archive) => {
    await archive.ensure()
    const nights = nightsOfTheYear()
    let present: Snapshot[] = []
    for (let first = 0; first < nights.length; first += BATCH) {
      const batch = await makeNights(archive, nights.slice(first, first + BATCH), first)
      const going: Snapshot[] = []
      for (const night of batch) {
        present.push(night)
        const verdicts = policy(present, new Date(Date.parse(night.at) + 3_600_000), TERMS)
        const goes = new Set(verdicts.filter(({ keep }) => !keep).map(({ run }) => run))
        going.push(...present.filter(({ run }) => goes.has(run)))
        present = present.filter(({ run }) => !goes.has(run))
      }
      await archive.forget(going.map(({ parts }) => parts.manifest))
      const left = (await archive.list()).map(({ id }) => id)
      expect(left.sort()).toEqual(present.map(({ parts }) => parts.manifest).sort())
    }

    const weekly = ['2026-12-06', '2026-12-13', '2026-12-20']
    const daily = ['2026-12-27', '2026-12-28', '2026-12-29', '2026-12-30', '2026-12-31', '2027-01-01', '2027-01-02']
    const found = await archive.list()
    expect(found.map(({ at }) => dayOf(at.toISOString()))).toEqual(['2026-11-30', ...weekly, ...daily, '2027-01-03'])
    await archive.prune()
    const [oldest] = present
    expect(await archive.readFile(oldest?.parts.manifest ?? '', '/manifest.json')).toBe(`${oldest?.run}\n`)
  })
})
