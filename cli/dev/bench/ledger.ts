import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { LedgerFolder } from '../../../appliance-image/agent/src/metering/ledger-folder.ts'
import { droppable } from '../../../license/src/ledger/index.ts'
import { median, seconds, table } from './fixture.ts'
import { benchSample } from './ledger-sample.ts'
import { type LedgerYears, writeYears } from './ledger-years.ts'

const FROM = '2026-01-01'
const UNTIL = '2031-01-01'
const LAST_YEAR = ['2030-01-01', '2030-12-31'] as const
const ROUNDS = 3
/** As the agent starts whatever reads its ledger. */
const FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=160']

/**
 * Five years at one sample a minute, the meters those of the ERP: how fast all of it is verified, beside the bare digests
 * of the same files; the audit of one year, from files to figures; memory of each; what is left on the disk in the end; and what a sample
 * costs the database.
 */
export async function benchLedger(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-years-'))
  try {
    let years: LedgerYears | null = null
    const wrote = await seconds(async () => {
      years = await writeYears(folder, FROM, UNTIL)
    })
    await measure(years as unknown as LedgerYears, wrote)
  } finally {
    await rm(folder, { recursive: true })
  }
  await benchSample()
}

async function measure({ folder, samples, days, installation }: LedgerYears, wrote: number): Promise<void> {
  console.log(`${samples} samples of ${days.length} days, written in ${wrote.toFixed(1)} s; nothing rolled up`)
  const [verified, digested, audited]: [Run[], number[], Run[]] = [[], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    // Taken in turns, so that a slow moment of the machine falls on all.
    digested.push(
      await seconds(() => execa('sh', ['-c', 'find . -type f -print0 | xargs -0 sha256sum'], { cwd: folder })),
    )
    verified.push(await run('verify', folder, installation.publicKey, UNTIL))
    audited.push(await run('audit', folder, installation.publicKey, ...LAST_YEAR))
  }
  const verifying = median(verified.map((each) => each.seconds))
  const auditing = median(audited.map((each) => each.seconds))
  const most = (runs: readonly Run[]) => `${Math.max(...runs.map(({ megabytes }) => megabytes)).toFixed(0)} MiB`
  const rate = `${Math.round(samples / verifying).toLocaleString('en')} samples/s`
  const ratio = (verifying / median(digested)).toFixed(1)
  table([
    ['', 'measured', 'wanted', 'most memory (wanted < 200 MiB)'],
    ['verify five years', `${verifying.toFixed(1)} s, ${rate}`, '>= 200,000 samples/s', most(verified)],
    ['sha256sum of the same files', `${median(digested).toFixed(1)} s; verifying takes ${ratio} times as long`, '', ''],
    ['audit of one year', `${auditing.toFixed(2)} s`, '< 2 s', most(audited)],
    ['five years on the disk', await leftOnDisk(folder, new Set(days)), '< 50 MB', ''],
  ])
}

interface Run {
  readonly seconds: number
  readonly megabytes: number
}

/** @throws Error when something is found that nobody planted: then nothing was measured */
async function run(what: 'verify' | 'audit', ...args: string[]): Promise<Run> {
  const reader = join(import.meta.dirname, 'ledger-reader.ts')
  const { stdout } = await execa(process.execPath, [...FLAGS, reader, what, ...args])
  const { findings = 0, sampledMinutes = 525_600, ...measured } = JSON.parse(stdout)
  if (findings > 0 || sampledMinutes !== 525_600) throw new Error(`The ledger does not hold: ${stdout}`)
  return measured
}

/** After rolling up, which is deleting what the seals have committed to. */
async function leftOnDisk(folder: string, sealed: ReadonlySet<string>): Promise<string> {
  const ledger = new LedgerFolder(join(folder, 'ledger'))
  ledger.drop(droppable(ledger.days(), sealed, UNTIL))
  let [bytes, blocks] = [0, 0]
  for (const entry of await readdir(folder, { recursive: true })) {
    const found = await stat(join(folder, entry))
    if (!found.isFile()) continue
    bytes += found.size
    blocks += found.blocks * 512
  }
  const megabytes = (value: number) => `${(value / 1e6).toFixed(1)} MB`
  return `${megabytes(bytes)} (${megabytes(blocks)} of whole blocks)`
}
