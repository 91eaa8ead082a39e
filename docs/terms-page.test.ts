import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PLACEHOLDERS, parseTerms, termsProfileSchema } from '@domicile/license/terms'
import { afterAll, beforeAll, expect, test } from 'vitest'

const page = (name: string) => readFileSync(join(import.meta.dirname, 'vendor', name), 'utf8')
const block = (text: string, language: string, part: string) =>
  [...text.matchAll(/```(\w+)\n(.*?)```/gs)].find(([, is, content]) => is === language && content?.includes(part))?.[2]

const PAGE = page('terms.md')
const EXAMPLE = block(PAGE, 'yaml', 'name: workshop-rental') ?? ''
const COMMAND = /domicile (license simulate .*--never-pay)/.exec(PAGE)?.[1] ?? ''

/** The parts of a schema that the test goes through; what it is does not matter. */
interface Part {
  readonly def?: {
    readonly shape?: Record<string, Part>
    readonly entries?: Record<string, string>
  } & Record<'element' | 'innerType' | 'valueType' | 'catchall', Part | undefined> & { readonly options?: Part[] }
}

/** Keys and the words that may stand in them. */
function namesIn({ def }: Part): string[] {
  if (!def) return []
  const inside = [def.element, def.innerType, def.valueType, def.catchall, ...(def.options ?? [])]
  return [
    ...Object.keys(def.entries ?? {}),
    ...Object.entries(def.shape ?? {}).flatMap(([key, part]) => [key, ...namesIn(part)]),
    ...inside.flatMap((part) => (part ? namesIn(part) : [])),
  ]
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'terms-page-'))
  const specification = block(page('licences.md'), 'yaml', 'contract: K-17/2026')
  writeFileSync(join(folder, 'k-17.yaml'), `${specification}product: erp\npurpose: production\n`)
  writeFileSync(join(folder, 'workshop-rental.yaml'), EXAMPLE)
})
afterAll(() => rmSync(folder, { recursive: true }))

test('every key and word of a terms profile is in the page', () => {
  const names = namesIn(termsProfileSchema as unknown as Part)
  const told = [...PAGE.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code.split(/[^\w-]+/))

  expect(names).toEqual(expect.arrayContaining(['unlessShorterMinutes', 'atLeast', 'order-warn', 'sl']))
  expect(names.filter((name) => !told.includes(name))).toEqual([])
})

test('the page names exactly the placeholders that are filled in', () => {
  const [, table = ''] = /#### Placeholders\n(.*?)\n###/s.exec(PAGE) ?? []
  const told = [...table.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)

  expect([...new Set(told)].toSorted()).toEqual(PLACEHOLDERS.toSorted())
})

test('the example is refused, in the words of the page, when it skips a notice', () => {
  const skipping = EXAMPLE.replace(/ +after: \{ notice: rent-late.*\n/, '')
  const said = block(PAGE, 'text', 'is harder')?.trim()

  expect(() => parseTerms(skipping)).toThrow(said)
  expect(parseTerms(EXAMPLE).name).toBe('workshop-rental')
})

test('each rule that may be agreed beside it is read as its example is written', () => {
  const [, table = ''] = /### Agreed beside it\n(.*?)\n##/s.exec(PAGE) ?? []
  const rules = [...table.matchAll(/^\| `(\w+)` .* `(\{.*\})` \|$/gm)]
  const single = ['backups', 'logs', 'availability']
  const written = rules.map(([, key = '', rule]) => `${key}: ${single.includes(key) ? rule : `[${rule}]`}`)

  expect(rules.length).toBe(9)
  expect(() => parseTerms(`${EXAMPLE}${written.join('\n')}\n`)).not.toThrow()
})

test('the example does what the page prints', () => {
  const program = join(import.meta.dirname, '../cli/bin/domicile.ts')
  const printed = execFileSync(process.execPath, [program, ...COMMAND.split(' ')], { cwd: folder, encoding: 'utf8' })

  expect(printed.trimEnd()).toBe(block(PAGE, 'text', 'In all:')?.trimEnd())
})
