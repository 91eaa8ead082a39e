import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** Who may import whom; what is missing from a list is out of bounds. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  license: [],
  backup: [],
  stacks: ['license'],
  'appliance-image': ['license', 'backup'],
  cli: ['license', 'backup', 'stacks', 'appliance-image'],
  docs: ['cli', 'stacks', 'backup', 'license'],
}

/** Libraries that one folder hides from the rest. */
const KNOWN_ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  dockerode: ['cli/src/engine'],
  jose: ['license/src/document'],
  pg: ['appliance-image/agent/src', 'license/src/instruments', 'cli/dev/bench', 'cli/test'],
  listr2: ['cli/src/screen'],
  'qrcode-generator': ['backup/src/keys'],
  '@cyclonedx/cyclonedx-library': ['stacks/src/release'],
  '@peculiar/x509': ['appliance-image', 'cli/test'],
  'acme-client': ['appliance-image/agent'],
  ajv: ['stacks/src/stack', 'stacks/src/release'],
  zx: ['cli/dev', 'cli/test', 'appliance-image'],
}

const imports = globSync('{license,backup,stacks,appliance-image,cli,docs}/**/*.ts', {
  cwd: ROOT,
  exclude: (path) => path.includes('node_modules'),
}).flatMap((file) => {
  const source = readFileSync(join(ROOT, file), 'utf8')
  const found = source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)
  return [...found].map(([, library = '']) => ({ file, library }))
})

test('rooms depend on each other in one direction', () => {
  const forbidden = imports.filter(({ file, library }) => {
    const [, room] = /^@domicile\/([^/]+)/.exec(library) ?? []
    const own = file.split('/')[0] ?? ''
    return room !== undefined && room !== own && !MAY_IMPORT[own]?.includes(room)
  })

  expect(forbidden).toEqual([])
})

test('no room reaches into another by a relative path', () => {
  const strangers = imports.filter(({ file, library }) => {
    if (!library.startsWith('.')) return false
    const target = join(file, '..', library)
    return target.split('/')[0] !== file.split('/')[0] && !file.startsWith('cli/dev') && !file.startsWith('cli/test')
  })

  expect(strangers).toEqual([])
})

test.each(Object.entries(KNOWN_ONLY_IN))('%s is known only in %s', (hidden, folders) => {
  const strangers = imports.filter(
    ({ file, library }) =>
      (library === hidden || library.startsWith(`${hidden}/`)) &&
      !folders.some((folder) => file.startsWith(`${folder}/`)),
  )

  expect(strangers).toEqual([])
})

test('the top level holds the rooms and the few files that belong there', () => {
  const visible = readdirSync(ROOT).filter((name) => !name.startsWith('.') && !['node_modules', 'dist'].includes(name))

  expect(visible.sort()).toEqual(
    [
      ...['LICENSE', 'README.md', 'package-lock.json', 'package.json', 'tsconfig.json'],
      ...['appliance-image', 'backup', 'cli', 'docs', 'license', 'stacks'],
    ].sort(),
  )
})
