import { join } from 'node:path'
import { generateKeyPair } from '@domicile/stacks/release'
import { loadStack } from '@domicile/stacks/stack'
import { expect, test } from 'vitest'
import { type Appliance, blueprintOf } from '../../appliance/appliance.ts'
import { APPLIANCE_NAME } from '../../appliance/name.ts'
import type { StateRecord, WantedRecord } from '../../appliance/records.ts'
import { planScratch, scratchName } from './scratch-plan.ts'

const stack = await loadStack(join(import.meta.dirname, '../../../../stacks/erp'))
const open = { ...stack, manifest: { ...stack.manifest, egress: ['app', 'cron'] } }

const wanted: WantedRecord = {
  ...{ format: 1, name: 'erp', settings: { hostname: 'erp.example.com', workers: 2 } },
  ports: { address: '0.0.0.0', http: 80, https: 443 },
  subnets: { internal: '10.201.0.0/24', edge: '10.201.1.0/24' },
  tls: { mode: 'acme', email: 'a@example.com' },
  accepted: [],
}
const state: StateRecord = {
  ...{ format: 1, name: 'erp', status: 'installed', overKeptData: false, installedAt: '2026-11-22T00:00:00Z' },
  release: { name: 'erp', title: 'ERP', version: '1.0.0', date: '2026-11-22', sequence: 1 },
  trust: { keyListSequence: 0, keys: [{ publicKey: generateKeyPair().publicKey.text, from: null, until: null }] },
  images: ['postgres', 'gateway', 'agent', 'backup', 'app', 'cron'].map((role) => ({
    ...{ role, reference: `${role}:1`, digest: `sha256:${role}`, layers: [] },
  })),
  host: { memoryBytes: 64 * 2 ** 30, cpus: 16 },
  volumes: { postgres: 'erp_postgres_20261122T013000Z-3f9a1c' },
}
const appliance = { name: 'erp', wanted, state, stack: open, blueprint: blueprintOf(wanted, state, open) } as Appliance
const key = generateKeyPair().publicKey
const place = { ports: { http: 40001, https: 40002 }, subnets: { internal: '10.201.2.0/24', edge: '10.201.3.0/24' } }
const plan = () => planScratch(appliance, key, place)

test('nothing of the copy has the name or the folders of what it is a copy of', () => {
  const { name, blueprint } = plan()
  const { containers, networks, volumes, layout, files, secrets } = blueprint
  const names = [...containers, ...networks, ...volumes].map((thing) => thing.name)

  expect(name).toBe('erp-selftest')
  for (const own of names) expect(own).toMatch(/^erp-selftest[-_]/)
  for (const path of [layout.etc, layout.lib, ...[...files, ...secrets].map((file) => file.path)])
    expect(path).toContain('/erp-selftest')
})

test('only this host reaches it, and nothing in it reaches anybody', () => {
  const { containers } = plan().blueprint
  const outside = containers.filter(({ networks }) => networks.some(({ network }) => network.endsWith('_edge')))

  expect(outside.map(({ service }) => service)).toEqual(['gateway'])
  expect(containers.flatMap(({ ports }) => ports.map(({ address }) => address))).toEqual(['127.0.0.1', '127.0.0.1'])
  // The appliance itself may: it is the copy that must not.
  expect(appliance.blueprint.containers.flatMap(({ networks }) => networks).length).toBeGreaterThan(
    containers.flatMap(({ networks }) => networks).length,
  )
})

test('it runs the very images of the appliance, and loads none', () => {
  const { blueprint, steps } = plan()

  expect(blueprint.containers.map(({ image }) => image)).toEqual(
    appliance.blueprint.containers.map(({ image }) => image),
  )
  expect(steps.map(({ action }) => action.kind)).not.toContain('images')
})

test('it believes one key alone, and the vendor’s is not it', () => {
  const file = plan().blueprint.files.find(({ path }) => path.endsWith('agent.json'))
  const { vendorKeys } = JSON.parse(file?.content ?? '')

  expect(vendorKeys).toMatchObject([{ kid: key.keyId }])
})

test('its database is copied where another would be initialised, before rights are given', () => {
  const ids = plan().steps.map(({ id }) => id)

  expect(ids).not.toContain('initialize')
  expect(ids.slice(ids.indexOf('database'))).toMatchObject({ 0: 'database', 1: 'copy', 2: 'grants' })
})

test('nothing of it is backed up', () => {
  const { blueprint, steps } = plan()

  expect(blueprint.database.settings['archive_mode'] ?? 'off').toBe('off')
  expect(appliance.blueprint.database.settings['archive_mode']).toBe('on')
  expect(steps.map(({ id }) => id)).not.toContain('units')
})

test('the longest name still gives a name', () => {
  expect(scratchName('a'.repeat(31))).toMatch(APPLIANCE_NAME)
})
