import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { buildImages } from '../../../appliance-image/build-images.ts'
import { buildExecutable } from '../build-exe.ts'

export const ROOT = join(import.meta.dirname, '../../..')
export const FOLDER = join(ROOT, 'dist/bench')
export const EXECUTABLE = join(ROOT, 'dist/domicile')
export const RELEASE = join(FOLDER, 'erp.domicile')
export const PUBLIC_KEY = join(FOLDER, 'vendor.pub')

/** The executable and an ERP release signed with a key of its own, made once. */
export async function prepareBench(): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  await buildExecutable()
  await buildImages()
  const domicile = (...args: string[]) => execa(EXECUTABLE, args, { cwd: FOLDER })
  if (!existsSync(PUBLIC_KEY)) await domicile('vendor', 'keygen', '--out', 'vendor')
  await domicile(
    'vendor',
    'release',
    'build',
    join(ROOT, 'stacks/erp'),
    '--key',
    'vendor.key',
    '--build',
    '--out',
    RELEASE,
  )
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

export function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? []
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** A benchmark machine may be small; the flags say so by name. */
export const installFlags = [
  ...['--yes', '--hostname', 'localhost', '--http-port', '18080', '--https-port', '18443'],
  ...['cpu-count', 'memory', 'disk-size', 'disk-latency'].flatMap((check) => ['--accept', `${check}=benchmark`]),
]

export const installErp = (name: string) =>
  execa(EXECUTABLE, ['install', RELEASE, '--vendor-key', PUBLIC_KEY, '--name', name, ...installFlags])
export const uninstallErp = (name: string) =>
  execa(EXECUTABLE, ['uninstall', '--name', name, '--yes', '--remove-backups'])
