import { globSync } from 'node:fs'
import { chmod, copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { $ } from 'zx'

const ROOT = join(import.meta.dirname, '../..')
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/**
 * Parts of libraries that nothing here calls: dockerode's BuildKit sessions over gRPC and Docker over SSH, the XML side of
 * the CycloneDX library. Left in, they would be a third of the program and be read at every start.
 */
const NEVER_CALLED = /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|cpu-features|xmlbuilder2|libxmljs2)$/

const leaveOut: Plugin = {
  name: 'leave out what is never called',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: NEVER_CALLED }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `const missing = () => { throw new Error('${path} is not part of this program') }
module.exports = new Proxy({}, { get: (_, key) => (key === '__esModule' ? undefined : missing) })`,
    }))
  },
}

/**
 * Bundles the CLI and puts it into a copy of the pinned Node.js: one file that needs libc, libstdc++ and libgcc alone.
 * An executable that is there, and may be running, is replaced at the very end.
 */
export async function buildExecutable(out = join(ROOT, 'dist')): Promise<string> {
  await mkdir(out, { recursive: true })
  const bundle = join(out, 'domicile.cjs')
  await build({
    entryPoints: [join(ROOT, 'cli/bin/domicile.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    keepNames: true,
    define: { 'import.meta.dirname': '"/"', 'import.meta.url': '"file:///domicile"' },
    plugins: [leaveOut],
    logLevel: 'warning',
  })
  const [config, blob, executable] = [join(out, 'sea.json'), join(out, 'sea.blob'), join(out, 'domicile')]
  const beside = `${executable}.new`
  const terms = globSync(join(ROOT, 'license/terms/*.yaml'))
  const assets = Object.fromEntries(terms.map((path) => [`terms/${basename(path)}`, path]))
  await writeFile(
    config,
    JSON.stringify({ main: bundle, output: blob, disableExperimentalSEAWarning: true, useCodeCache: true, assets }),
  )
  await $`node --experimental-sea-config ${config}`.quiet()
  await copyFile(process.execPath, beside)
  await chmod(beside, 0o755)
  await $`strip ${beside}`.quiet()
  await $`postject ${beside} NODE_SEA_BLOB ${blob} --sentinel-fuse ${FUSE}`.quiet()
  await rename(beside, executable)
  return executable
}

if (import.meta.main) {
  const executable = await buildExecutable(process.argv[2])
  const [{ size }, { version }] = [
    await stat(executable),
    JSON.parse(await readFile(join(ROOT, 'cli/package.json'), 'utf8')),
  ]
  console.log(`${executable}  ${version}  ${Math.round(size / 1e6)} MB`)
}
