import { readReport } from '@domicile/license/audit'
import { signDocument } from '@domicile/license/document'
import { chainOf } from '@domicile/license/record'
import { TestInstallation } from '@domicile/license/testing/audit/audit'
import { anchor, pinned, request, testKey, vendor } from '@domicile/license/testing/document/testing'
import { expect, test } from 'vitest'
import { anchorsIn } from './anchors.ts'
import { compareSent } from './comparison.ts'
import type { SentFile } from './sent-file.ts'
import { verificationOf } from './verification.ts'
import { verificationText } from './verification-text.ts'

const now = new Date('2026-06-01T12:00:00Z')
const vendorKeys = [pinned()]
const JANUARY = { from: '2026-01-01', to: '2026-01-31' }
const FEBRUARY = { from: '2026-02-01', to: '2026-02-28' }

/** An installation with the vendor's counter-signature of its record at the end of January. */
function anchored(): { installation: TestInstallation; text: string } {
  const installation = TestInstallation.licensed('2026-01-01T08:00Z').live('2026-01-01', '2026-01-31')
  const { genesis, length, head } = chainOf(installation.lines)
  const claims = anchor({ iat: Date.parse('2026-02-01T02:00Z') / 1000, genesis, length, head })
  return { installation, text: signDocument('anchor', claims, vendor) }
}

const copyOf = ({ lines, days, key }: TestInstallation) =>
  Object.assign(new TestInstallation(key), { lines: [...lines], days: [...days] })

const read = async (installation: TestInstallation, period = JANUARY, madeAt = '2026-03-01T09:00:00Z', more = {}) =>
  readReport(await installation.report(period, madeAt), { now, vendorKeys, ...more })

test('it says up to where the vendor has counter-signed, and that all of it holds', async () => {
  const { installation, text } = anchored()
  const { length } = installation.lines
  installation.import('2026-02-01T03:00Z', 'anchor', text, anchor().jti)
  const verification = verificationOf(await read(installation), { vendorKeys, compared: true, since: null })

  expect(verification).toMatchObject({ holds: true, findings: [], record: { sealedDays: 31 } })
  expect(verification.vendor.counterSignatures).toMatchObject([{ length, fits: true, at: '2026-02-01T02:00:00.000Z' }])
  expect(verificationText(verification)).toMatch(
    new RegExp(`Counter-signed: +once at .* up to line ${length}.*Every part holds`, 's'),
  )
})

test('it never says that what nobody could check holds', async () => {
  const report = readReport(await anchored().installation.report(JANUARY, '2026-03-01T09:00:00Z'), {
    now,
    vendorKeys: [],
  })
  const text = verificationText(verificationOf(report, { vendorKeys: [], compared: false, since: null }))

  expect(text).toMatch(/TAKEN FROM THE REPORT.*NOT CHECKED.*Counter-signed: +never.*that could be checked holds/s)
})

test('it never says that somebody signed what they did not', async () => {
  const text = await anchored().installation.report(JANUARY, '2026-03-01T09:00:00Z')
  const told = (file: string, keys: typeof vendorKeys) =>
    verificationText(
      verificationOf(readReport(file, { now, vendorKeys: keys }), { vendorKeys: keys, compared: false, since: null }),
    )
  const withoutSignature = `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`

  expect(told(text, vendorKeys)).toMatch(
    /Signed: +by the installation’s key.*signed 1 document in the record; checked/s,
  )
  expect(told(text, [pinned(testKey('of another vendor'))])).toContain(
    'signed, by the key that was given, 0 of 1 document in the record; the rest does not count',
  )
  expect(told(withoutSignature, vendorKeys)).toMatch(/Signed: +NOT AS IT STANDS, fingerprint/)
})

test('a counter-signature that the vendor kept shows that a record was put back', async () => {
  const { installation, text } = anchored()
  const anchors = anchorsIn([text], vendorKeys, now)
  const restored = TestInstallation.licensed('2026-01-01T08:00Z').live('2026-01-01', '2026-01-20')
  const codes = async (one: TestInstallation) =>
    (await read(one, JANUARY, '2026-03-01T09:00:00Z', { anchors })).findings.map(({ code }) => code)

  expect(await codes(installation)).toEqual([])
  expect(await codes(restored)).toContain('RECORD_PUT_BACK')
})

test('only what the vendor signed counts as its counter-signature', () => {
  const forged = signDocument('anchor', anchor(), testKey('somebody'))

  expect(() => anchorsIn([forged], vendorKeys, now)).toThrow('signed with key')
  expect(() => anchorsIn([signDocument('request', request(), testKey('installation'))], vendorKeys, now)).toThrow(
    expect.objectContaining({ code: 'NO_ANCHOR', exitCode: 2 }),
  )
})

test('an earlier report is continued, and by nothing else', async () => {
  const { installation } = anchored()
  const since = await read(installation)
  const copy = copyOf(installation).live('2026-02-01', '2026-02-27')
  const later = await read(installation.live('2026-02-01', '2026-02-28'), FEBRUARY)
  const codes = (report: typeof later, earlier = since) =>
    verificationOf(report, { vendorKeys, compared: true, since: earlier }).findings.map(({ code }) => code)

  expect(codes(later)).toEqual([])
  expect(codes(since, later)).toEqual(['NOT_CONTINUED'])
  expect(codes(await read(copy, FEBRUARY), later)).toEqual(['NOT_CONTINUED'])
  expect(codes(later, { ...since, findings: [{ code: 'RECORD_BROKEN', day: null, message: '' }] })).toEqual([
    'EARLIER_DOUBTFUL',
  ])
})

test('a request has its place in the record of a later report, and none in that of a copy', async () => {
  const { installation } = anchored()
  const chain = chainOf(installation.lines)
  const asked: SentFile = { file: 'a', kind: 'request', claims: request({ chain }), madeAt: '', report: null }
  const copy = copyOf(installation)
  copy.lines.pop()
  const sent = async (one: TestInstallation): Promise<SentFile> => {
    const report = await read(one)
    return {
      file: 'b',
      kind: 'usage',
      claims: { installation: report.reporter.installation, chain: report.chain },
      madeAt: '',
      report,
    }
  }
  const [later, forked] = [await sent(installation), await sent(copy.live('2026-02-01', '2026-02-03'))]

  expect([compareSent(asked, later).kinship, compareSent(later, asked).kinship]).toEqual(['continued', 'continued'])
  expect([compareSent(asked, forked).kinship, compareSent(forked, asked).kinship]).toEqual(['forked', 'forked'])
})
