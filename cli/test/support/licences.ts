import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Claims, type DocumentKind, type LicenceClaims, signDocument } from '@domicile/license/document'
import { parseSecretKey } from '@domicile/stacks/release'
import { execa } from 'execa'
import type { Customer } from './customer.ts'
import { waitUntil } from './waiting.ts'
import { ROOT, workshop } from './workshop.ts'

/** What the vendor signs, at an instant of the simulated clock. */
type Signed = Promise<string>

export const CONTACT = 'licences@vendor.example'

async function sign<K extends DocumentKind>(kind: K, claims: Claims<K>): Signed {
  const { key, publicKey } = await parseSecretKey(await readFile(workshop.secretKey, 'utf8'))
  return signDocument(kind, claims, { kid: publicKey.keyId, privateKey: key })
}

const opening = (at: Date) => ({ jti: randomUUID(), iss: 'Vendor', iat: Math.floor(at.getTime() / 1000) })

/** One contract with the ERP's customer, whose documents are numbered in the order in which they are made. */
export interface Contract {
  licence(at: Date, claims?: Partial<LicenceClaims>): Signed
  /** Of the last licence that was made. */
  renewal(at: Date, claims: Partial<Claims<'renewal'>>): Signed
  receipt(at: Date, paidThrough: string): Signed
  order(at: Date, claims: Partial<Claims<'order'>> & Pick<Claims<'order'>, 'action'>): Signed
}

export type Profile =
  | 'erp-on-premises'
  | 'hrm-subscription'
  | 'invoicing-prepaid'
  | 'active-users-tiered'
  | 'managed-hosting'

export async function contractOf(profile: Profile, number: string): Promise<Contract> {
  const text = await readFile(join(ROOT, `license/terms/${profile}.yaml`), 'utf8')
  const sha256 = createHash('sha256').update(text).digest('hex')
  let seq = 0
  let licence = ''
  const next = (at: Date) => {
    seq += 1
    return { ...opening(at), contract: number, seq }
  }
  return {
    licence: (at, claims = {}) => {
      const made = next(at)
      licence = made.jti
      const base = {
        ...{ customer: { name: 'Customer d.o.o.', taxNumber: 'SI12345678' }, locations: [], product: 'erp' },
        ...{ purpose: 'production', installation: null, modules: {}, limits: {}, trial: false, feed: null },
        ...{ term: { from: '2026-01-01', until: null }, maintenanceUntil: null, paidThrough: null, contact: CONTACT },
        terms: { name: profile, version: 1, sha256, text },
      } as const
      return sign('licence', { ...made, ...base, ...claims } as LicenceClaims)
    },
    renewal: (at, claims) => sign('renewal', { ...next(at), licence, ...claims } as Claims<'renewal'>),
    receipt: (at, paidThrough) => sign('receipt', { ...next(at), paidThrough }),
    order: (at, claims) => {
      const told = { reason: 'As agreed.', clause: '5.9', effective: at.toISOString(), notice: null, urgent: false }
      return sign('order', { ...next(at), ...told, ...claims } as Claims<'order'>)
    },
  }
}

/**
 * The vendor signs with the product's own command, at its own desk and at that instant.
 * @param files what lies on the desk, by name
 * @returns the signed document
 */
export async function vendorLicense(
  at: Date,
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const desk = await mkdtemp(join(tmpdir(), 'vendor-'))
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(desk, name), content)
    const instant = at.toISOString().slice(0, 19).replace('T', ' ')
    const command = [
      workshop.executable,
      'vendor',
      'license',
      ...args,
      '--key',
      workshop.secretKey,
      '--out',
      'signed.lic',
    ]
    await execa('faketime', [instant, ...command], { cwd: desk, env: { TZ: 'UTC', FAKETIME_DONT_FAKE_MONOTONIC: '1' } })
    return await readFile(join(desk, 'signed.lic'), 'utf8')
  } finally {
    await rm(desk, { recursive: true })
  }
}

/** What is signed for an installation rather than for a contract. */
interface ForInstallation {
  unlock(at: Date): Signed
}

/**
 * The admin brings in what the vendor signed.
 * @returns the document that `license apply` printed
 */
export async function applyDocument(
  customer: Customer,
  document: string | Promise<string> | ((vendor: ForInstallation) => Signed),
  ...flags: readonly string[]
) {
  const text =
    typeof document === 'function'
      ? await document({
          unlock: async (at) => {
            const { installation } = await customer.must(['license', 'show'])
            return sign('unlock', { ...opening(at), installation, at: at.toISOString(), reason: 'The clock is right.' })
          },
        })
      : await document
  const path = `/root/${randomUUID()}.lic`
  await customer.host.must('sh', ['-c', `cat > ${path}`], { input: text })
  return customer.must(['license', 'apply', path, ...flags])
}

/** Waits until it stands so: harder than before counts after two looks, 15 s apart. @returns what `license show` says */
export async function waitForStanding(customer: Customer, state: string, { deadlineMs = 60_000 } = {}) {
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of a document
  let shown: any
  await waitUntil(
    `the standing is ${state}`,
    async () => {
      shown = await customer.must(['license', 'show'])
      return shown.standing.state === state ? undefined : JSON.stringify(shown.standing)
    },
    { deadlineMs },
  )
  return shown
}
