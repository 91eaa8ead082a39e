import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKS, type HostFacts } from '@domicile/stacks/preflight'
import { expect, test } from 'vitest'
import { generate } from './generate.ts'
import { failuresIn } from './generator/errors.ts'
import * as outputs from './generator/outputs.ts'

const generated = await generate()

test.each([...generated])('%s is what the generator makes; `npm run docs` writes it', (path, text) => {
  const file = join(import.meta.dirname, path)

  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'missing').toBe(text)
})

test('the generated folder holds no schema that nobody makes any more', () => {
  const schemas = readdirSync(join(import.meta.dirname, 'reference/schemas')).map((name) => `reference/schemas/${name}`)

  expect(schemas.filter((path) => !generated.has(path))).toEqual([])
})

test('finds failures of each shape in a source', () => {
  const source = `
    // Somebody's comment with an apostrophe, and a bracket (
    throw new UserError(\`There is no \${what(') }')}.\`, { code: 'NO_THING', hint: 'Look.', exitCode: ExitCode.NotFound })
    throw new UserError('Refused.', { code: 'NO', hint: 'x' })
    new UserError(absent ? 'gone' : \`shut (\${why})\`, {
      code: absent ? 'GONE' : 'SHUT', hint: '', exitCode: absent ? ExitCode.NotFound : ExitCode.Usage })
    new Refusal({ code: 'TLS_OLD', message: 'too ' + 'old', hint: '' })
    new BackupRefusal('No room.', { code: 'ROOM_3', hint: 'x' })
    throw new BackupRefusal(\`Gone from \${place}.\`, { ...{ code: 'AWAY', kind: 'missing' }, hint })
    const KNOWN = { 12: { code: 'KEY_2', kind: 'unverified', message: 'Does not open.', hint: 'x', said: /no (/ } }
    unsure('UNSURE', 'who knows')
    return { code: 'ALONE_5', message: 'by itself' }

    const unsure = (code: string, message: string) => new UserError(message, { code, hint: '', exitCode: ExitCode.Unverified })`

  expect(failuresIn(source).map(({ code, exitCode, message }) => `${code} ${exitCode} ${message}`)).toEqual([
    'NO_THING 7 There is no ….',
    'NO 3 Refused.',
    'GONE 7 gone',
    'SHUT 2 shut (…)',
    'ROOM_3 3 No room.',
    'AWAY 7 Gone from ….',
    'TLS_OLD 3 too old',
    'UNSURE 4 who knows',
    'KEY_2 4 Does not open.',
    'ALONE_5 1 by itself',
  ])
})

test('the program fails in the documented form', () => {
  const program = join(import.meta.dirname, '../cli/bin/domicile.ts')
  const printed = (() => {
    try {
      return execFileSync(process.execPath, [program, 'release', 'inspect', '/nowhere', '--json'], { encoding: 'utf8' })
    } catch (failure) {
      return (failure as { stdout: string }).stdout
    }
  })()

  expect(outputs.error.strict().parse(JSON.parse(printed)).error.code).toBe('NO_FILE')
})

test('preflight prints its checks in the documented form', () => {
  const unknown = { unknown: 'not asked' }
  const known: Readonly<Record<string | symbol, unknown>> = {
    engine: { binary: undefined, socket: false, snap: false, denied: false, answer: unknown },
    firewall: { ufw: unknown, firewalld: unknown, iptables: unknown, nftables: unknown },
    ports: { http: unknown, https: unknown },
  }
  const facts = new Proxy({} as HostFacts, { get: (_, key) => known[key] ?? unknown })
  const needs = { cpu: 1, memoryBytes: 1, diskBytes: 1, extractedBytes: 1, arch: ['amd64'] }
  const checks = CHECKS.map(({ id, title, strict = false, run }) => ({
    id,
    title,
    ...run(facts, needs, { ports: { http: 80, https: 443 } }),
    strict,
  }))

  expect(outputs.preflight.parse({ ready: false, checks }).checks).toEqual(checks)
})
