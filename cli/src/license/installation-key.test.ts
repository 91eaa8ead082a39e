import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installationFingerprint, readInstallationKey } from './installation-key.ts'

const REQUEST = join(import.meta.dirname, '../../../license/src/document/golden/request.lic')
const { installation } = JSON.parse(readFileSync(REQUEST.replace('.lic', '.json'), 'utf8'))
const now = new Date('2026-03-01T12:00:00Z')

test('the key is taken from a request that it signed, or as it is', async () => {
  expect(await readInstallationKey(REQUEST, now)).toEqual(installation)
  expect(await readInstallationKey(`${installation.publicKey}\n`, now)).toMatchObject({
    id: null,
    publicKey: installation.publicKey,
  })
})

test('what is no key is refused in words', async () => {
  for (const wrong of ['', 'nothing', 'A'.repeat(42), `${'A'.repeat(42)}=`, join(import.meta.dirname, 'shown.ts')]) {
    await expect(readInstallationKey(wrong, now)).rejects.toThrow(
      expect.objectContaining({ code: 'INSTALLATION_KEY_INVALID', exitCode: 2 }),
    )
  }
})

test('the fingerprint is what sha256sum says of the key', () => {
  const sum = execFileSync('sh', ['-c', `printf %s= ${installation.publicKey} | basenc --base64url -d | sha256sum`])

  expect(`${sum}`.startsWith(installationFingerprint(installation.publicKey).replaceAll(' ', ''))).toBe(true)
})
