import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleAgent, type NpmPackage } from './bundle-agent.ts'
import manifest from './package.json' with { type: 'json' }

let folder: string
let packages: NpmPackage[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'domicile-bundle-'))
  packages = await bundleAgent(folder)
})
afterAll(() => rm(folder, { recursive: true }))

test.each([
  'agent.cjs',
  'issue-one.cjs',
  'judge-one.cjs',
  'audit-one.cjs',
  'plan-one.cjs',
])('%s needs nothing beside the runtime', async (program) => {
  const bundle = await readFile(join(folder, program), 'utf8')
  const required = [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name as string)

  const foreign = required.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
  expect(foreign).toEqual([])
})

test('what stays in memory is small', async () => {
  expect((await stat(join(folder, 'agent.cjs'))).size).toBeLessThan(432 * 1024)
})

test('every npm package in the bundle is listed once, with version and licence; our own code is not', () => {
  const names = packages.map(({ name, version }) => `${name}@${version}`)

  expect(new Set(names).size).toBe(names.length)
  expect(names).toContain(`zod@${manifest.dependencies.zod}`)
  expect(names).toContain(`acme-client@${manifest.dependencies['acme-client']}`)
  expect(names.filter((name) => name.startsWith('@domicile/'))).toEqual([])
  expect(packages.filter(({ license }) => license === 'unknown')).toEqual([])
})

test('the same sources give the same bytes', async () => {
  await bundleAgent(join(folder, 'again'))

  for (const program of ['agent.cjs', 'issue-one.cjs', 'judge-one.cjs', 'audit-one.cjs', 'plan-one.cjs']) {
    const [first, again] = [join(folder, program), join(folder, 'again', program)]
    expect(await readFile(again, 'utf8')).toBe(await readFile(first, 'utf8'))
  }
})
