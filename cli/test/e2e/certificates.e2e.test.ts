import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Customer, newCustomer } from '../support/customer.ts'
import { HOSTNAME, installGuestbook } from '../support/guestbook.ts'
import { waitUntil } from '../support/waiting.ts'
import { type Site, shakeHands } from '../support/web.ts'

let customer: Customer & AsyncDisposable
let site: Site
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificates-'))
  customer = await newCustomer('certificates')
  site = await installGuestbook(customer)
  await makeCertificate('own', HOSTNAME)
  await makeCertificate('foreign', 'other.example.com')
})
afterAll(async () => {
  await customer[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const openssl = (...args: string[]) => execa('openssl', args, { cwd: folder })

/** A pair signed by a company's own authority, as a customer would bring it, on the host as NAME.pem and NAME.key. */
async function makeCertificate(name: string, hostname: string): Promise<void> {
  const fresh = ['-newkey', 'rsa:2048', '-nodes', '-days', '90', '-subj']
  await openssl('req', '-x509', ...fresh, '/CN=Company CA', '-keyout', `${name}-ca.key`, '-out', `${name}-ca.pem`)
  await openssl(
    'req',
    ...fresh,
    `/CN=${hostname}`,
    '-addext',
    `subjectAltName=DNS:${hostname}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
  )
  const signing = ['-CA', `${name}-ca.pem`, '-CAkey', `${name}-ca.key`, '-CAcreateserial', '-copy_extensions', 'copy']
  await openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-days', '60', '-out', `${name}-leaf.pem`)
  await execa('sh', ['-c', `cat ${name}-leaf.pem ${name}-ca.pem > ${name}.pem`], { cwd: folder })
  for (const file of [`${name}.pem`, `${name}.key`]) await customer.host.copyIn(join(folder, file), `/root/${file}`)
}

const served = async () => (await shakeHands(site)).certificate.fingerprint256
const fileFingerprint = async (name: string) =>
  (await openssl('x509', '-in', `${name}-leaf.pem`, '-noout', '-fingerprint', '-sha256')).stdout.split('=')[1]

test.each([
  ['for another name', 'foreign.pem', 'foreign.key', 'TLS_NAMES_MISSING'],
  ['with the key of another', 'own.pem', 'foreign.key', 'TLS_KEY_MISMATCH'],
  ['that is none', 'own.key', 'own.key', 'TLS_CERTIFICATE_NOT_PEM'],
])('a certificate %s is refused, and the old one goes on serving', async (_, certificate, key, code) => {
  const before = await served()

  const { exitCode, document } = await customer.json(['tls', 'set', `/root/${certificate}`, `/root/${key}`])

  expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 3, code })
  expect(await served()).toBe(before)
})

test('a good pair is served within seconds, and survives an apply', async () => {
  const wanted = await fileFingerprint('own')

  await customer.must(['tls', 'set', '/root/own.pem', '/root/own.key'])
  await waitUntil('the customer’s certificate is served', async () =>
    (await served()) === wanted ? undefined : 'still another',
  )

  expect(await customer.must(['apply'])).toMatchObject({ changed: false })
  expect((await customer.must(['status'])).certificate).toMatchObject({
    mode: 'provided',
    serving: 'provided',
    fingerprint: wanted,
  })
})

test('the internal authority can be taken again, with the root that browsers already know', async () => {
  await customer.must(['tls', 'use', 'internal'])

  const { pem } = await customer.must(['tls', 'root'])
  expect(pem).toBe(site.root)
  await waitUntil('the internal certificate is served', async () =>
    (await served()) === (await fileFingerprint('own')) ? 'still the other' : undefined,
  )
})

test('ACME without a public name is refused before anything is changed', async () => {
  await customer.must(['settings', 'set', 'hostname=192.0.2.7', '--yes'])
  const { exitCode, document } = await customer.json(['tls', 'use', 'acme', '--email', 'admin@example.com'])

  expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 3, code: 'TLS_ACME_NEEDS_HOSTNAME' })
  expect(await customer.must(['apply'])).toMatchObject({ changed: false })
})
