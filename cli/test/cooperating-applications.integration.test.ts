import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LicenceClaims } from '@domicile/license/document'
import type { Standing } from '@domicile/license/standing'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cooperationHandler, entitlementsOf, ReportedUsage } from '../../appliance-image/agent/src/cooperation/index.ts'
import { SeatKeeper } from '../../appliance-image/agent/src/gate/seat-keeper.ts'
import { healthServer } from '../../appliance-image/agent/src/health-server.ts'
import { bringPrograms } from '../dev/prerequisites.ts'

/** The page of the manual, tried as a vendor would: each command line against the agent's own handler, with a table of seats in memory. */

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/vendor/cooperating-applications.md'), 'utf8')
const TOKEN = 'a-token-that-is-only-used-in-tests'
const SESSIONS = { max: 2, reserved: 0, services: 1, idleMinutes: 20, behaviour: 'refuse' } as const

const blocks = [...PAGE.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language = '', text = '']) => ({ language, text }))

let folder: string
let server: Server
let url: string

beforeAll(async () => {
  await bringPrograms('curl')
  folder = await mkdtemp(join(tmpdir(), 'cooperation-'))
  await writeFile(join(folder, 'license_token'), TOKEN)
  const handler = cooperationHandler({
    tokenFile: join(folder, 'license_token'),
    usage: new ReportedUsage(() => performance.now()),
    meters: new Set(['mails']),
    seats: new SeatKeeper({ store: store(), monotonic: () => performance.now(), record: () => {} }),
    standing: () => ({ blocked: null, sessions: SESSIONS }),
    entitlements: () => entitlementsOf({ standing: STANDING, licence: LICENCE, blocked: false, product: 'desk' }),
  })
  server = healthServer({ problem: async () => null, thumbprint: null }, handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

function store() {
  const taken = new Map<string, boolean>()
  return {
    acquire: async (holder: string, pool: string) => {
      const service = pool === 'services'
      const used = [...taken.values()].filter((other) => other === service).length
      if (!taken.has(holder) && used >= (service ? SESSIONS.services : SESSIONS.max)) return false
      taken.set(holder, service)
      return true
    },
    renew: async () => {},
    release: async (holder: string) => void taken.delete(holder),
    cull: async () => {},
    liveSeats: async () => [],
    extendAll: async () => {},
  }
}

const LIMITS: LicenceClaims['limits'] = {
  sessions: { ...SESSIONS },
  meters: { mails: { max: 500, behaviour: 'count', per: 'month' } },
}
const LICENCE = {
  edition: 'Professional',
  modules: { reports: { from: '2026-01-01', users: { max: 5, behaviour: 'refuse' } } },
  term: { from: '2026-01-01', until: '2026-12-31' },
  maintenanceUntil: '2026-12-31',
} as unknown as LicenceClaims
const STANDING: Standing = {
  ...{ state: 'good', since: null, until: null, reasons: [], next: null },
  effects: {
    ...{ readOnly: false, blocked: null, notices: [], limits: LIMITS },
    ...{ tier: null, upgradesThrough: null, purgeFrom: null },
  },
}

/** Shell blocks that call the API, each with what the page says they print. */
const calls = blocks.flatMap(({ language, text }, index) =>
  language === 'sh' && text.includes('curl') ? [{ command: text.trim(), printed: blocks[index + 1]?.text ?? '' }] : [],
)

test('every call of the page prints what the page says, in its order', async () => {
  // A second may have gone by.
  const printable = (text: string) => text.replaceAll(/"nextFreeSeconds":(1199|1200)/g, '"nextFreeSeconds":1200').trim()
  for (const { command, printed } of calls) {
    const here = command
      .replaceAll('http://agent:8081', url)
      .replaceAll('/run/secrets/license_token', join(folder, 'license_token'))
    const { stdout } = await execa('sh', ['-ec', here], { env: { TOKEN } })
    expect(printable(stdout)).toBe(printable(printed))
  }
  expect(calls.length).toBe(7)
})

test('every code that a call can be refused with is on the page, with its status', () => {
  const source = readFileSync(join(ROOT, 'appliance-image/agent/src/cooperation/call.ts'), 'utf8')
  const codes = [...source.matchAll(/^ {2}([A-Z_]+): \[\s*(\d{3}),/gm)].map(([, code, status]) => `${status} ${code}`)
  const told = [...PAGE.matchAll(/^\| (\d{3}) \| ([^|]+) \|/gm)].flatMap(([, status, list = '']) =>
    [...list.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => `${status} ${code}`),
  )

  expect(codes.length).toBe(10)
  expect(told.sort()).toEqual(codes.sort())
})

test('every reason, every field and every method is on the page', () => {
  const wire = readFileSync(join(ROOT, 'license/src/client/wire.ts'), 'utf8')
  const client = readFileSync(join(ROOT, 'license/src/client/licence-client.ts'), 'utf8')
  const [, reasons = ''] = /export type SeatReason =([^\n]+)/.exec(wire) ?? []
  const [, methods = ''] = /export interface LicenceClient .*?\{(.*?)\n\}/s.exec(client) ?? []
  const [, fields = ''] = /export interface Entitlements \{(.*?)\n\}/s.exec(wire) ?? []
  const wanted = [
    ...[...reasons.matchAll(/'([\w-]+)'/g)].map(([, reason]) => `| \`${reason}\` |`),
    ...[...methods.matchAll(/^ {2}(\w+)\(/gm)].map(([, method]) => `| \`${method}(`),
    ...[...fields.matchAll(/^ {2}readonly (\w+)/gm)].map(([, field]) => `\`${field}\``),
  ]

  expect(wanted.length).toBe(6 + 8 + 10)
  expect(wanted.filter((text) => !PAGE.includes(text))).toEqual([])
})

test('what the page shows of the desk is in the desk', async () => {
  const files = globSync('stacks/desk/{*.yaml,app/Dockerfile,app/*.ts}', { cwd: ROOT })
  const desk = (await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')))).join('\n')
  const shown = blocks.filter(({ language }) => ['yaml', 'ts', 'dockerfile'].includes(language))
  const others = shown.filter(({ text }) => !desk.includes(text.trim())).map(({ text }) => text.trim().split('\n')[0])

  expect(shown.length).toBe(8)
  // Of the client in general.
  expect(others).toEqual([
    "import { licenceClient } from '@domicile/license/client'",
    expect.stringMatching(/^await using/),
  ])
})

test('the client is bundled alone: nothing else of ours and no package goes into it', async () => {
  const { build } = await import('esbuild')
  const { metafile } = await build({
    ...{ entryPoints: [join(ROOT, 'license/src/client/index.ts')], absWorkingDir: ROOT, write: false, metafile: true },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20' },
  })
  const strangers = Object.keys(metafile.inputs).filter((path) => !path.startsWith('license/src/client/'))

  expect(strangers).toEqual([])
  expect(
    Object.values(metafile.inputs)
      .flatMap(({ imports }) => imports.filter(({ external }) => external))
      .map(({ path }) => path),
  ).toEqual(['node:fs/promises'])
})
