import { join } from 'node:path'
import { licenceSchema } from '@domicile/license/document'
import { UserError } from '@domicile/stacks/kernel'
import { describe, expect, test } from 'vitest'
import { readTerms } from '../vendor/license/profiles.ts'
import { type Question, simulate } from './simulate.ts'
import { simulationHtml, simulationSvg } from './simulate-picture.ts'
import { simulationDocument, simulationText } from './simulate-text.ts'

const CLAIMS = {
  ...{ jti: '00000000-0000-4000-8000-000000000001', iss: 'Vendor d.o.o.', iat: 1_767_261_600 },
  ...{ contract: 'K-17/2026', seq: 1, product: 'erp', purpose: 'production', installation: null, feed: null },
  customer: { name: 'Naročnik & <sin> d.o.o.', taxNumber: 'SI12345678' },
  limits: { users: { max: 10, behaviour: 'refuse' }, sessions: { max: 4, behaviour: 'refuse' } },
  term: { from: '2026-01-01', until: null },
  ...{ maintenanceUntil: null, paidThrough: null, contact: 'support@vendor.example' },
}

const MONTH = { from: '2026-01-01', until: '2026-01-31' }

async function ask(profile: string, claims: object, question: Partial<Question> = {}) {
  const licence = licenceSchema.parse({ ...CLAIMS, ...claims, terms: await readTerms(profile) })
  return simulate({
    ...{ events: null, licence, from: '2026-01-01', to: '2026-06-30', users: null, sessions: null },
    ...{ payment: null, noticeGivenOn: null },
    ...question,
  })
}

const MONTHLY = (lateDays: number) => ({ lateDays, everyMonths: 1 })

describe('the calendar of', () => {
  test.each([
    ['erp-rent-never-paid', 'erp-on-premises', { paidThrough: '2026-01-31' }, { users: 11, sessions: 5 }],
    ['erp-rent-35-days-late', 'erp-on-premises', { paidThrough: '2026-01-31' }, { payment: MONTHLY(35) }],
    ['erp-rental-that-ends', 'erp-on-premises', { term: { from: '2026-01-01', until: '2026-03-31' } }, {}],
    ['hrm-lapsed', 'hrm-subscription', { term: MONTH }, { users: 21 }],
    [
      'hrm-renewed-10-days-late-and-left',
      'hrm-subscription',
      { term: MONTH },
      { payment: MONTHLY(10), noticeGivenOn: '2026-02-10' },
    ],
    ['invoicing-never-paid', 'invoicing-prepaid', { paidThrough: '2026-01-31' }, {}],
    ['invoicing-14-days-late', 'invoicing-prepaid', { paidThrough: '2026-01-31' }, { payment: MONTHLY(14) }],
    ['invoicing-trial', 'invoicing-prepaid', { trial: true, term: MONTH }, {}],
    ['tiered-left', 'active-users-tiered', {}, { noticeGivenOn: '2026-01-15' }],
    [
      'hosting-expired-and-renewed',
      'managed-hosting',
      { term: { from: '2026-01-01', until: '2026-01-31' } },
      { payment: MONTHLY(5), to: '2026-03-10' },
    ],
  ] as const)('%s', async (name, profile, claims, question) => {
    const text = simulationText(await ask(profile, claims, question))

    await expect(`${text}\n`).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${name}.txt`))
  })
})

test('what happened on the appliance counts, not what might have', async () => {
  const { licence } = await ask('invoicing-prepaid', { paidThrough: '2026-01-31' })
  const events = [
    { at: '2026-01-01T08:00:00.000Z', kind: 'imported', document: 'licence', claims: licence },
    { at: '2026-02-20T08:00:00.000Z', kind: 'notice-shown', key: 'payment-late/payment-late@2026-01-31' },
  ] as const
  const { entries } = await ask('invoicing-prepaid', { paidThrough: '2026-01-31' }, { events, from: '2026-02-21' })

  expect(entries.map(({ at, stage }) => [at, stage])).toEqual([
    ['2026-02-20T23:00:00.000Z', 'reminded'],
    ['2026-03-02T08:00:00.000Z', 'blocked'],
  ])
})

test('paid on time, nothing happens but payment', { timeout: 30_000 }, async () => {
  const { entries, bands } = await ask(
    'erp-on-premises',
    { paidThrough: '2026-01-31' },
    { payment: MONTHLY(0), to: '2031-12-31' },
  )

  expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(['stands', 'happens']))
  expect(bands.map(({ state }) => state)).toEqual(['good'])
})

test('a month at a time ends with the month, however long it is', async () => {
  const { entries } = await ask(
    'erp-on-premises',
    { paidThrough: '2028-01-31' },
    { payment: MONTHLY(0), from: '2028-01-01', to: '2028-05-01' },
  )

  expect(entries.filter(({ kind }) => kind === 'happens').map(({ text }) => text)).toEqual([
    'Payment through 29 February 2028 is received.',
    'Payment through 31 March 2028 is received.',
    'Payment through 30 April 2028 is received.',
    'Payment through 31 May 2028 is received.',
  ])
})

test.each([
  [10, 0],
  [11, 1],
])('%i users of 10 are %i too many', async (users, over) => {
  const { limits } = await ask('erp-on-premises', {}, { users })

  expect(limits).toEqual([
    expect.objectContaining({ limit: 'users', max: 10, used: users, over, clause: '1.1 (4), 8.2' }),
    expect.objectContaining({ limit: 'sessions', max: 4, used: null, over: 0 }),
  ])
})

test('a span that ends before it begins is refused', async () => {
  await expect(ask('erp-on-premises', {}, { to: '2025-12-31' })).rejects.toThrow(UserError)
})

test('bands join up from the first day to the last', async () => {
  const { bands } = await ask('erp-on-premises', { paidThrough: '2026-01-31' }, { payment: MONTHLY(35) })

  expect(bands[0]?.from).toBe('2025-12-31T23:00:00.000Z')
  expect(bands.at(-1)?.until).toBe('2026-06-30T21:59:59.999Z')
  for (const [index, band] of bands.entries()) if (index > 0) expect(band.from).toBe(bands[index - 1]?.until)
})

test('the document for programs leaves out the text of the terms and nothing else', async () => {
  const document = simulationDocument(await ask('erp-on-premises', { paidThrough: '2026-01-31' }))

  expect(Object.keys(document).toSorted()).toEqual(
    ['bands', 'contract', 'customer', 'entries', 'from', 'limits', 'supposed', 'terms', 'timezone', 'to'].toSorted(),
  )
  expect(document.terms).toEqual({
    name: 'erp-on-premises',
    version: 2,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

describe('pictures', { timeout: 30_000 }, () => {
  test('hold every state and reason, and nothing that a name could smuggle in', async () => {
    const simulation = await ask('erp-on-premises', { paidThrough: '2026-01-31' })
    for (const picture of [simulationSvg(simulation), simulationHtml(simulation)]) {
      expect(picture).toContain('Naročnik &amp; &lt;sin&gt; d.o.o.')
      expect(picture).not.toContain('<sin>')
      for (const state of ['good', 'notice', 'suspended', 'terminated', 'ended']) expect(picture).toContain(state)
      expect(picture).toContain('is more than 30 days overdue')
    }
  })

  test('need nothing from elsewhere', async () => {
    const simulation = await ask('invoicing-prepaid', { paidThrough: '2026-01-31' }, { payment: MONTHLY(14) })
    for (const picture of [simulationSvg(simulation), simulationHtml(simulation)]) {
      expect(picture.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
        /https?:|<script|<link|<img|@import|url\(/,
      )
    }
  })

  test('stay readable over ten years', async () => {
    const claims = { paidThrough: '2026-01-31' }
    const svg = simulationSvg(await ask('invoicing-prepaid', claims, { payment: MONTHLY(14), to: '2035-12-31' }))

    expect(svg).toMatch(/and \d+ more/)
    expect(svg.length).toBeLessThan(250_000)
  })
})
