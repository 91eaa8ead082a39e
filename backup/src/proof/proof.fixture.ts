import { generateKeyPairSync } from 'node:crypto'
import type { Manifest } from '../snapshot/index.ts'
import type { Drill, Proof } from './claims.ts'
import { digestOf, signProof } from './token.ts'

export const INSTALLATION = '6f1d4c1e-2a5b-4c3d-8e9f-0a1b2c3d4e5f'

export const keys = generateKeyPairSync('ed25519')

export const DRILL: Drill = {
  run: '20261122T013000Z-3f9a1c',
  manifest: 'ab'.repeat(32),
  snapshotAt: '2026-11-22T01:30:00.000Z',
  from: 'archive',
  release: { name: 'erp', version: '7.0.30' },
  beganAt: '2026-11-22T02:00:00.000Z',
  seconds: { load: 40, check: 20, application: 10 },
  recoverySeconds: 71,
  compared: {
    tables: { compared: 200, differ: 0 },
    rows: 1_000_000,
    sequences: { compared: 190, differ: 0 },
    invariants: { compared: 8, differ: 0 },
    documents: { compared: 1000, differ: 0 },
  },
  application: 'healthy',
  verdict: 'proven',
  codes: [],
  engines: { archive: '0.19.1', database: '17.12' },
}

export const proofOf = (number: number, previous: string | null, more: Partial<Proof> = {}): Proof => ({
  ...{ ...DRILL, format: 1, number, previous, appliance: 'erp', installation: INSTALLATION },
  ...{ at: '2026-11-22T02:02:00.000Z', ...more },
})

/** So many proofs, each after the one before. */
export function chainOf(count: number, more: (number: number) => Partial<Proof> = () => ({})): string[] {
  const texts: string[] = []
  for (let number = 1; number <= count; number++) {
    const before = texts.at(-1)
    texts.push(signProof(proofOf(number, before ? digestOf(before) : null, more(number)), keys.privateKey))
  }
  return texts
}

export const MANIFEST: Manifest = {
  ...{ format: 1, run: DRILL.run, at: DRILL.snapshotAt, kind: 'scheduled', appliance: 'erp' },
  release: { name: 'erp', version: '7.0.30', date: '2026-11-22', sequence: 1 },
  database: {
    ...{ name: 'erp', version: '17.12', bytes: 10, dumpBytes: 10 },
    tables: [
      { name: 'public.party', rows: 3, sum: '-12345678901234567890', method: 'record' },
      { name: 'public.empty', rows: 0, sum: null, method: 'text' },
    ],
    sequences: [
      { name: 'public.party_id', value: '3' },
      { name: 'public.unused', value: null },
    ],
  },
  invariants: { balance: '0.00', parties: '3' },
  documents: [{ volume: 'files', files: 2, bytes: 20, list: 'cd'.repeat(32), unsettled: 0 }],
  parts: { database: 'a', files: 'b' },
  engines: { archive: '0.19.1', dump: '17.12' },
}
