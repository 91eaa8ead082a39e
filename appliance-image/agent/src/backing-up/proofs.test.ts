import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Drill, digestOf, readProof, signProof, verifyChain } from '@domicile/backup/proof'
import { DRILL } from '@domicile/backup/testing/proof/proof'
import { mayLeave } from '@domicile/license/audit'
import { lineAfter, type RecordLine } from '@domicile/license/record'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Proofs, type Signer } from './proofs.ts'

const pair = generateKeyPairSync('ed25519')
const installation = {
  id: '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f',
  publicKey: pair.publicKey.export({ format: 'jwk' }).x ?? '',
  privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
}

let folder: string
let path: string
let record: RecordLine[]
let changes: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proofs-'))
  path = join(folder, 'backup/proofs.jsonl')
  record = []
  changes = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const AT = '2026-11-22T02:00:00.000Z'
const signer: Signer = {
  installation,
  now: () => new Date(AT),
  note: (kind, data) => void record.push(lineAfter(record.at(-1) ?? null, { at: AT, wall: AT, kind, data })),
  record: {
    newest: (...kinds) => record.findLast(({ kind }) => kinds.includes(kind)) ?? null,
    changed: (code) => void changes.push(code),
  },
}

const open = () => Proofs.open(folder, 'erp', signer)
const text = () => readFileSync(path, 'utf8')
const lines = () => text().split('\n').slice(0, -1)
const findings = () =>
  verifyChain(lines(), () => createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' }))).findings
const noted = () => record.map(({ data }) => data['number'])

async function proven(count: number, drill: Drill = DRILL): Promise<Proofs> {
  const proofs = await open()
  for (let number = 0; number < count; number++) await proofs.prove(drill)
  return proofs
}

test('proofs are signed, follow each other, and are for the agent alone', async () => {
  const proofs = await proven(3)

  expect(findings()).toEqual([])
  expect(readProof(lines()[2] ?? '')).toEqual({
    ...DRILL,
    ...{ format: 1, number: 3, previous: expect.any(String), at: AT, appliance: 'erp', installation: installation.id },
  })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(proofs.lastProven?.number).toBe(3)
})

test('several at once become one chain', async () => {
  const proofs = await open()
  const made = await Promise.all([1, 2, 3, 4].map(() => proofs.prove(DRILL)))

  expect(made.map(({ number }) => number)).toEqual([1, 2, 3, 4])
  expect(findings()).toEqual([])
})

test('the record names each, and only says what may leave', async () => {
  await proven(1, { ...DRILL, verdict: 'failed', codes: ['SUM_DIFFERS'], recoverySeconds: null })

  expect(record).toHaveLength(1)
  expect(record[0]?.data).toMatchObject({ number: 1, run: DRILL.run, verdict: 'failed', codes: ['SUM_DIFFERS'] })
  expect(record.every(mayLeave)).toBe(true)
  expect((await open()).lastProven).toBeNull()
})

test('a restart goes on where the chain stood', async () => {
  await proven(2)
  await proven(1)

  expect(findings()).toEqual([])
  expect(lines().map((line) => readProof(line).number)).toEqual([1, 2, 3])
  expect(noted()).toEqual([1, 2, 3])
})

test('proofs are given out page by page', async () => {
  const proofs = await proven(120)
  const first = proofs.list({})
  const second = proofs.list({ after: 100 })

  expect([first.items.length, first.more, second.items.length, second.more]).toEqual([100, true, 20, false])
  expect([...first.items, ...second.items]).toEqual(lines())
  expect(first.installation).toEqual({ id: installation.id, publicKey: installation.publicKey })
})

describe('of a file that is not as it was left', () => {
  test('a line that was cut is dropped, and the next one is whole', async () => {
    await proven(2)
    writeFileSync(path, text().slice(0, -30))
    record = record.slice(0, 1)
    await proven(1)

    expect(lines()).toHaveLength(2)
    expect(findings()).toEqual([])
    expect(changes).toEqual([])
  })

  test('a proof that was written and not noted any more is noted at the next start', async () => {
    await proven(2)
    record = record.slice(0, 1)
    await open()

    expect(noted()).toEqual([1, 2])
  })

  test('a line that is none is set aside, said, and shows as missing', async () => {
    await proven(3)
    const before = text()
    writeFileSync(path, before.replace(lines()[1] ?? '', 'x'))
    await proven(1)

    expect(changes).toEqual(['PROOFS_CHANGED'])
    expect(readFileSync(`${path}.broken`, 'utf8')).toContain('\nx\n')
    expect(findings().map(({ code }) => code)).toEqual(['PROOF_MISSING'])
    expect(readProof(lines().at(-1) ?? '').number).toBe(4)
  })

  test('that is gone the record knows where it stood', async () => {
    await proven(3)
    rmSync(path)
    await proven(1)

    expect(lines().map((line) => readProof(line).number)).toEqual([4])
    expect(record.at(-1)?.data).toMatchObject({ number: 4 })
  })
})

describe('a process of its own', () => {
  const program = `
    import { Proofs } from ${JSON.stringify(join(import.meta.dirname, 'proofs.ts'))}
    const [, , folder, signer, drill] = process.argv
    const proofs = await Proofs.open(folder, 'erp', {
      installation: JSON.parse(signer),
      now: () => new Date(${JSON.stringify(AT)}),
      note: () => undefined,
      record: { newest: () => null, changed: (code) => process.stderr.write(code) },
    })
    process.stdout.write(proofs.list({}).items.length + '\\n')
    for (;;) process.stdout.write((await proofs.prove(JSON.parse(drill))).number + '\\n')`

  const programs = mkdtempSync(join(tmpdir(), 'proofs-program-'))
  const bundle = join(programs, 'prove.mjs')
  beforeAll(async () => {
    const stdin = { contents: program, loader: 'ts', resolveDir: import.meta.dirname } as const
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: bundle, logLevel: 'error' })
  })
  afterAll(() => rmSync(programs, { recursive: true }))
  const words = () => [bundle, folder, JSON.stringify(installation), JSON.stringify(DRILL)]

  test('that is killed while it appends loses nothing that it gave out', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 6; round++) {
      const writer: ChildProcess = spawn(process.execPath, words(), { stdio: 'pipe' })
      let said = ''
      let complaints = ''
      writer.stdout?.on('data', (chunk) => {
        said += chunk
      })
      writer.stderr?.on('data', (chunk) => {
        complaints += chunk
      })
      while (!said.includes('\n') && writer.exitCode === null) await sleep(2)
      await sleep(Math.random() * 30)
      writer.kill('SIGKILL')
      await once(writer, 'close')
      expect(complaints).toBe('')
      const promised = Number(said.split('\n').at(-2))
      const proofs = await open()
      expect(proofs.last?.number ?? 0).toBeGreaterThanOrEqual(promised)
      expect(findings()).toEqual([])
    }
    expect(lines().length).toBeGreaterThan(10)
  })

  test('whose disk is full has no half of a proof, says so, and goes on when there is room', () => {
    // What does not fit is refused after a part was written, as on a full disk.
    const limited = ['-c', 'ulimit -f 16; exec "$@"', 'bash', process.execPath, ...words()]
    expect(() => execFileSync('bash', limited, { stdio: 'pipe' })).toThrow(/EFBIG/)

    const full = lines().length
    expect(full).toBeGreaterThan(3)
    expect(text().endsWith('\n')).toBe(true)
    expect(findings()).toEqual([])
    return proven(1).then(() => {
      expect(lines()).toHaveLength(full + 1)
      expect(findings()).toEqual([])
    })
  })
})

test('the oldest go first, and the file stays bounded', async () => {
  await proven(1)
  const texts = lines()
  const first = readProof(texts[0] ?? '')
  while (texts.length < 2100) {
    const proof = { ...first, number: texts.length + 1, previous: digestOf(texts.at(-1) ?? '') }
    texts.push(signProof(proof, pair.privateKey))
  }
  writeFileSync(path, texts.map((line) => `${line}\n`).join(''))
  await proven(1)

  expect(lines()).toHaveLength(2000)
  expect(findings()).toEqual([])
  expect(readProof(lines()[0] ?? '').number).toBe(102)
  expect(existsSync(`${path}.broken`)).toBe(false)
})
