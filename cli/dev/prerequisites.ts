import { execa } from 'execa'

/** Debian packages by the program that shows they are there. */
const PROGRAMS: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  strip: 'binutils',
  minisign: 'minisign',
  chromium: 'chromium',
  zstd: 'zstd',
  certutil: 'libnss3-tools',
  wrk: 'wrk',
  faketime: 'faketime',
  curl: 'curl',
}

const has = async (program: string) =>
  (await execa('sh', ['-c', `command -v ${program}`], { reject: false })).exitCode === 0

const apt = (...args: string[]) =>
  execa('apt-get', ['-q', '-y', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    stdout: 'ignore',
    stderr: 'inherit',
  })

/**
 * Installs the Debian packages that hold these programs where they are missing. Needs root.
 * @returns the packages that were not there before
 */
export async function bringPrograms(...programs: (keyof typeof PROGRAMS)[]): Promise<string[]> {
  const missing: string[] = []
  for (const program of programs) if (!(await has(program))) missing.push(PROGRAMS[program] ?? program)
  return installPackages(missing)
}

/** The engine, and the docker client that image builds use: a package of its own since Debian 13. */
export async function bringEngine(): Promise<string[]> {
  const brought: string[] = []
  if (!(await has('dockerd'))) brought.push(...(await installPackages(['docker.io', 'iptables'])))
  if (!(await has('docker'))) brought.push(...(await installPackages(['docker-cli'])))
  return brought
}

export async function installPackages(packages: readonly string[]): Promise<string[]> {
  if (packages.length === 0) return []
  console.error(`Installing from Debian's packages: ${packages.join(', ')}`)
  await apt('update')
  await apt('install', '--no-install-recommends', ...packages)
  return [...packages]
}

export const removePackages = async (packages: readonly string[]) => {
  if (packages.length > 0) await apt('purge', '--auto-remove', ...packages)
}

export function requireRoot(command: string): void {
  if (process.geteuid?.() === 0) return
  console.error(
    `${command} installs packages, starts Docker Engine and installs an appliance: it needs root. Run it with sudo.`,
  )
  process.exit(3)
}
