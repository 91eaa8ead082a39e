import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseDocument, verifyDocument, verifyRequest } from './index.ts'

/**
 * Documents as they were issued. Appliances in the field hold such files for years: every version must go on reading them,
 * so they are never made anew; a new version of the format adds files.
 */

const FOLDER = join(import.meta.dirname, 'golden')
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')
const key = JSON.parse(read('test-vendor-key-never-use-it.json'))
const trust = { vendorKeys: [{ kid: key.kid, publicKey: key.publicKey, from: null, until: null }], list: null }
const NOW = new Date('2026-03-01T12:00:00Z')
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.lic'))
  .map((name) => name.replace('.lic', ''))

/** Of the contents: what the records of appliances name them by. */
const HASHES: Readonly<Record<string, string>> = {
  anchor: '63c3b278f148e1c5d88d6d85325ea9f95c65316dd75864ff6bfaefe9d5dc6e60',
  keys: '6282fce048fdf8f3a0b6b5d03ea658c9cb600f58e9af1195da74d9b997195d1f',
  'licence-smallest': '77d29c9b3b9142af90f0d54f30a3577ec848a5fff0aafd9b7366204dca15eb44',
  licence: 'e1f2699c840d053e331bc57c173e5ec4fe6a2c88140df4ade5629bedfc308f93',
  order: '773400756c30d38066e778be6df4e73dbab106ba6bbc344ed98e3f40f06da45e',
  receipt: '8cf54eafddce72d6ea879d3704caec3a5263a33409dff631741f98a718207028',
  renewal: '2a50122a5337f62f25200831c8429b1ad2a6823d2a99c3d456a47537c51b6964',
  request: 'b55bdb8fb89a04f3665de2160f16be22c9edec1cfbe0eef505aeb3b7893a9b23',
  unlock: '2a04be5d33e7408a5485f773433a9c6a78622ae2d26880414261c12dbc4448b7',
  'usage-with-report': '29b906e8aae4e5a99d00838d28eaed175667335dd96054753354e6d6e5996d3e',
  usage: 'bb79ddeb51faa07303159e6f985ca7d44c3909f6a41a73bd78127d8be9385c18',
}

test('there is one of each kind', () => {
  const kinds = new Set(names.map((name) => parseDocument(read(`${name}.lic`)).kind))

  expect([...kinds].sort()).toEqual([
    'anchor',
    'keys',
    'licence',
    'order',
    'receipt',
    'renewal',
    'request',
    'unlock',
    'usage',
  ])
})

test.each(names)('%s is read as it was meant', (name) => {
  const text = read(`${name}.lic`)
  const { kind } = parseDocument(text)
  const verified =
    kind === 'request' || kind === 'usage' ? verifyRequest(text, NOW) : verifyDocument(text, [kind], trust, NOW)

  expect(verified.claims).toEqual(JSON.parse(read(`${name}.json`)))
  expect(verified.sha256).toBe(HASHES[name])
  expect(verified.warnings).toEqual([])
})
