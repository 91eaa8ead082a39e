import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = join(import.meta.dirname, '..')
/** Rooms whose tests leave nothing behind in their process: there the files share workers, which saves a third of the time. */
const SHARED = ['license', 'backup', 'stacks'].map((room) => `${room}/src/**/*.test.ts`)
const NO_UNIT = ['**/*.{integration,e2e}.test.ts', '**/node_modules/**']
const globalSetup = join(import.meta.dirname, 'test/support/test-setup.ts')

/** Three kinds of test, told apart by file name: `*.test.ts` (`--project 'unit*'`), `*.integration.test.ts`, `*.e2e.test.ts`. */
export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          name: 'unit',
          // Nothing else runs beside them.
          maxWorkers: '100%',
          // Programs that tests start begin in half the time.
          env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/programs') },
          include: ['*/**/*.test.ts'],
          exclude: [...NO_UNIT, ...SHARED],
        },
      },
      {
        root,
        test: {
          name: 'unit-shared',
          maxWorkers: '100%',
          isolate: false,
          include: SHARED,
          exclude: NO_UNIT,
        },
      },
      {
        root,
        test: {
          name: 'integration',
          globalSetup,
          include: ['*/**/*.integration.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        root,
        test: {
          name: 'e2e',
          globalSetup,
          // Each file has hosts of its own; more at a time would only wait for each other.
          maxWorkers: 2,
          include: ['*/**/*.e2e.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
})
