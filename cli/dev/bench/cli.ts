import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { EXECUTABLE, FOLDER, installErp, median, prepareBench, seconds, table, uninstallErp } from './fixture.ts'

const ROUNDS = 15
const NAME = 'bench-cli'

/** Start of the executable against the same Node.js with an empty script and against the docker client. */
export async function benchCli(): Promise<void> {
  await prepareBench()
  const empty = join(FOLDER, 'empty.cjs')
  await writeFile(empty, '')
  await installErp(NAME)
  const commands: Record<string, () => Promise<unknown>> = {
    'node empty.cjs': () => execa(process.execPath, [empty]),
    'domicile --version': () => execa(EXECUTABLE, ['--version']),
    'docker version': () => execa('docker', ['version']),
    'domicile status --json': () => execa(EXECUTABLE, ['status', '--json', '--name', NAME]),
    'docker ps': () => execa('docker', ['ps']),
  }
  const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]))
  try {
    for (let round = 0; round < ROUNDS; round++) {
      // Taken in turns, so that a slow moment of the machine falls on all.
      for (const [name, run] of Object.entries(commands)) times.get(name)?.push(await seconds(run))
    }
  } finally {
    await uninstallErp(NAME)
  }
  const base = median(times.get('node empty.cjs') ?? [])
  table([
    ['command', 'median of 15', 'against the empty script'],
    ...[...times].map(([name, values]) => [
      name,
      `${(median(values) * 1000).toFixed(0)} ms`,
      `${(median(values) / base).toFixed(2)} x`,
    ]),
  ])
}
