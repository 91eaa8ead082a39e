import { execa } from 'execa'
import { bringEngine, bringPrograms, requireRoot } from './prerequisites.ts'

/**
 * `npm test`: brings what the tests need (Debian packages, Docker Engine), then runs them all: unit, integration and end to
 * end. Further words choose files, as vitest does: `npm test -- tls`.
 */

requireRoot('The test suite')
await bringPrograms('mmdebstrap', 'strip', 'minisign', 'chromium', 'zstd')
await bringEngine()
await execa('node', ['cli/bin/domicile.ts', 'host', 'prepare', '--yes'], { stdio: ['ignore', 'ignore', 'inherit'] })

const { exitCode } = await execa('vitest', ['run', '--config', 'cli/vitest.config.ts', ...process.argv.slice(2)], {
  stdio: 'inherit',
  reject: false,
})
process.exitCode = exitCode ?? 1
