import {
  bareArchive,
  barePointInTime,
  type Cost,
  closeBareRoom,
  dropBarePointInTime,
  gzipDump,
  openBareRoom,
  psqlRestore,
  readOnce,
} from './backup-bare.ts'
import { benchCatalogue } from './backup-catalogue.ts'
import { clusteredDay, fill, NAME, scatteredDay, settle, sizes } from './backup-data.ts'
import { lossDuring } from './backup-load.ts'
import { drill, ourArchive, snapshot } from './backup-ours.ts'
import { ourPointInTime, returnBefore } from './backup-point-in-time.ts'
import { type Scale, SMALL, WHOLE } from './backup-scale.ts'
import { installErp, prepareBench, table, uninstallErp } from './fixture.ts'

/** What a backup of one day cost each way. */
interface Day {
  readonly name: string
  readonly bare: Cost
  readonly ours: Cost
  readonly gzip: Cost
  readonly barePoint: Cost
  readonly ourPoint: Cost
}

/**
 * A firm's database and files backed up by us, by the bare engines and as people do by hand, in turns; on the next two days
 * again: one on which changes are scattered over everything, one on which they are among what is recent. Then back.
 */
export async function benchBackup({ small = false } = {}): Promise<void> {
  const scale = small ? SMALL : WHOLE
  await prepareBench()
  await uninstallErp(NAME).catch(() => undefined)
  await installErp(NAME)
  try {
    await fill(scale)
    await openBareRoom()
    await say()
    await measure(scale)
  } finally {
    await closeBareRoom()
    await dropBarePointInTime()
    await uninstallErp(NAME)
  }
}

async function say(): Promise<void> {
  const { database, files } = await sizes()
  console.log(`database ${megabytes(database)}, files ${megabytes(files)}`)
}

async function measure(scale: Scale): Promise<void> {
  await readOnce()
  const first = await day('first', 'full')
  await scatteredDay()
  const scattered = await day('scattered', 'incr')
  await clusteredDay()
  const clustered = await day('clustered', 'incr')
  printDays([first, scattered, clustered])
  await measureReturn()
  await measureLoad(scale)
  await measureCatalogue()
}

async function day(name: string, type: 'full' | 'incr'): Promise<Day> {
  console.error(`day: ${name}`)
  const bare = await bareArchive(type === 'full')
  const ours = await ourArchive()
  const gzip = await gzipDump(name)
  await settle()
  const barePoint = await barePointInTime(type)
  return { name, bare, ours, gzip, barePoint, ourPoint: await ourPointInTime(type) }
}

function printDays(days: readonly Day[]): void {
  const cell = ({ seconds, bytes }: Cost) => `${seconds.toFixed(1)} s, ${megabytes(bytes)}`
  table([
    ['', 'bare restic', 'snapshot', 'pg_dump | gzip', 'bare pgBackRest', 'base'],
    ...days.map(({ name, bare, ours, gzip, barePoint, ourPoint }) => [
      name,
      ...[bare, ours, gzip, barePoint, ourPoint].map(cell),
    ]),
  ])
  const [first, scattered, clustered] = days as [Day, Day, Day]
  const [seconds, bytes] = [over('seconds'), over('bytes')]
  table([
    ['archive', 'measured', 'wanted'],
    ratio('first, time against the bare engine', seconds(first, 'ours', 'bare'), 1.15),
    ratio('first, time against pg_dump | gzip', seconds(first, 'ours', 'gzip'), 1 / 2),
    ratio('scattered, time against pg_dump | gzip', seconds(scattered, 'ours', 'gzip'), 1 / 2),
    ratio('clustered, time against pg_dump | gzip', seconds(clustered, 'ours', 'gzip'), 1 / 2),
    ratio('scattered, bytes against pg_dump | gzip', bytes(scattered, 'ours', 'gzip'), 2 / 5),
    ratio('clustered, bytes against pg_dump | gzip', bytes(clustered, 'ours', 'gzip'), 1 / 20),
    ['point in time', '', ''],
    ratio('first, time against bare pgBackRest', seconds(first, 'ourPoint', 'barePoint'), 1.15),
    ...[scattered, clustered].flatMap((day) => [
      ratio(`${day.name}, time against pg_dump | gzip`, seconds(day, 'ourPoint', 'gzip'), 1 / 10),
      ratio(`${day.name}, bytes against pg_dump | gzip`, bytes(day, 'ourPoint', 'gzip'), 1 / 10),
    ]),
  ])
}

type Way = Exclude<keyof Day, 'name'>
const over = (what: keyof Cost) => (day: Day, way: Way, than: Way) => day[way][what] / day[than][what]

async function measureReturn(): Promise<void> {
  const byHand = await psqlRestore('clustered')
  const back = await returnBefore()
  const drilled = await drill()
  table([
    ['back', 'measured', 'wanted'],
    ['psql from the dump', `${byHand.toFixed(1)} s`, ''],
    ['to an instant', `${back.seconds.toFixed(1)} s, ${back.exact ? 'exact' : 'NOT what was there then'}`, 'exact'],
    ratio('to an instant, against psql', back.seconds / byHand, 1 / 4),
    ['drill of the newest snapshot', `${drilled.toFixed(1)} s`, '< 120 s'],
  ])
}

async function measureLoad({ loadSeconds }: Scale): Promise<void> {
  const { alone, beside } = await lossDuring(snapshot, loadSeconds)
  const loss = `${((1 - beside / alone) * 100).toFixed(1)} %`
  table([
    ['pgbench', 'alone', 'while a snapshot is made', 'loss', 'wanted'],
    ['transactions/s', alone.toFixed(0), beside.toFixed(0), loss, '< 15 %'],
  ])
}

async function measureCatalogue(): Promise<void> {
  const { list, policyMs } = await benchCatalogue()
  table([
    ['10,000 snapshots', 'measured', 'wanted'],
    ['backup list --explain', `${list.toFixed(2)} s`, '< 1 s'],
    ['policy', `${policyMs.toFixed(1)} ms`, '< 50 ms'],
  ])
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
const ratio = (what: string, measured: number, wanted: number) => [
  what,
  `${measured.toFixed(3)} ×`,
  `<= ${wanted.toFixed(3)} ×`,
]
