import { join } from 'node:path'
import { build } from 'esbuild'

/** The program and the licence client as one file that Debian’s Node.js runs: before `vendor release build`. */
await build({
  entryPoints: [join(import.meta.dirname, 'app/desk.ts')],
  outfile: join(import.meta.dirname, 'app/dist/desk.mjs'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
})
