import { chmod, copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { $ } from 'zx'

const ROOT = join(import.meta.dirname, '../..')
const OUT = join(ROOT, 'dist')
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

/** Bundles the CLI and puts it into a copy of the pinned Node.js: one file that needs libc, libstdc++ and libgcc alone. */
export async function buildExecutable(): Promise<string> {
  await mkdir(OUT, { recursive: true })
  const bundle = join(OUT, 'domicile.cjs')
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
  const [config, blob, executable] = [join(OUT, 'sea.json'), join(OUT, 'sea.blob'), join(OUT, 'domicile')]
  await writeFile(
    config,
    JSON.stringify({ main: bundle, output: blob, disableExperimentalSEAWarning: true, useCodeCache: true }),
  )
  await $`node --experimental-sea-config ${config}`.quiet()
  await copyFile(process.execPath, executable)
  await chmod(executable, 0o755)
  await $`strip ${executable}`.quiet()
  await $`postject ${executable} NODE_SEA_BLOB ${blob} --sentinel-fuse ${FUSE}`.quiet()
  return executable
}

if (import.meta.main) {
  const executable = await buildExecutable()
  const [{ size }, { version }] = [
    await stat(executable),
    JSON.parse(await readFile(join(ROOT, 'cli/package.json'), 'utf8')),
  ]
  console.log(`${executable}  ${version}  ${Math.round(size / 1e6)} MB`)
}
