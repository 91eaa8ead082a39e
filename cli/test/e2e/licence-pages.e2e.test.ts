import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { browse } from '../support/browser.ts'
import type { Customer } from '../support/customer.ts'
import {
  createParty,
  createUser,
  erpCustomer,
  logIn,
  pageThatSays,
  partyNames,
  type Session,
  setActive,
  USER_PASSWORD,
} from '../support/erp.ts'
import { applyDocument, CONTACT, contractOf, type Profile, waitForStanding } from '../support/licences.ts'
import type { Site } from '../support/web.ts'
import { workshop } from '../support/workshop.ts'

/** What the ERP's users see at each limit, with their own eyes: a browser. Pictures are kept for people to look at. */
const DAY_MS = 86_400_000
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)
const USERS = { users: { max: 2, behaviour: 'refuse' } } as const
const SESSIONS = { sessions: { max: 2, behaviour: 'refuse', reserved: 0, services: 0, idleMinutes: 20 } } as const

let customer: Customer & AsyncDisposable
let site: Site
let admin: Session
let password: string
let third: number
let party: number

beforeAll(async () => {
  ;({ customer, site, password } = await erpCustomer('licence-pages'))
  admin = await logIn(site, 'admin', password)
  third = await createUser(admin, 'user3')
  await setActive(admin, third, false)
  await createUser(admin, 'user2')
  await createParty(admin, 'A party')
  ;[party = 0] = (await admin.call('model.party.party.search', [], 0, null, null)) as number[]
  await license('erp-on-premises', { limits: USERS })
})
afterAll(() => customer[Symbol.asyncDispose]())

let contracts = 0
async function license(profile: Profile, claims: object, order?: object) {
  contracts += 1
  const contract = await contractOf(profile, `P-${contracts}`)
  await applyDocument(customer, contract.licence(new Date(), claims), '--replace')
  if (order) await applyDocument(customer, contract.order(new Date(), { action: 'suspend', ...order }))
}

const picture = (page: Page, name: string) => page.screenshot({ path: join(workshop.artifacts, `licence-${name}.png`) })

async function enter(page: Page, url: string, user: string, secret: string) {
  await page.goto(`${url}#erp`)
  await page.getByLabel(/user name|uporabniško ime/i).fill(user)
  await page.getByRole('button', { name: /login|prijava/i }).click()
  await page.locator('input[type=password]').last().fill(secret)
  await page.keyboard.press('Enter')
}

/** Logs in as the administrator, whom an assistant greets each time until it is finished. */
async function enterAsAdmin(page: Page, url: string) {
  await enter(page, url, 'admin', password)
  await page.getByText('Parties', { exact: true }).waitFor()
  await page.getByRole('button', { name: /cancel/i }).click()
  await page.locator('.modal-dialog:visible').waitFor({ state: 'hidden' })
}

/** In a browser that asks for that language first. */
async function inLanguage<T>(context: BrowserContext, locale: string, work: (page: Page) => Promise<T>): Promise<T> {
  const other = await context.browser()?.newContext({ locale, viewport: { width: 1280, height: 800 } })
  if (!other) throw new Error('There is no browser.')
  try {
    return await work(await other.newPage())
  } catch (error) {
    for (const page of other.pages()) await picture(page, `failed-${locale}`)
    throw error
  } finally {
    await other.close()
  }
}

const bodyText = (page: Page) => page.locator('body').innerText()

/** The dialog on top, as soon as it says that. */
async function dialogThatSays(page: Page, words: string) {
  const dialog = page.locator('.modal-dialog:visible', { hasText: words })
  await dialog.waitFor()
  // It comes in slowly, and pictures shall show it whole.
  await page.waitForTimeout(500)
  return dialog.innerText()
}

test('activating one user too many: a box with words', async () => {
  await browse(site, async (context, url) => {
    const page = await context.newPage()
    await enterAsAdmin(page, url)
    await page.goto(`${url}#erp/model/res.user/${third}`)
    await page.locator('input[name=active]:visible').check()
    await page.keyboard.press('Control+s')

    const said = await dialogThatSays(page, '2 of 2 named users are active')
    await picture(page, 'users')
    expect(said).toContain('No more users can be active')
    expect(said).toContain(CONTACT)
  })
})

test('a third person logs in where two work: told how many work, when to try again and whom to ask', async () => {
  await license('erp-on-premises', { limits: SESSIONS })
  const second = await logIn(site, 'user2', USER_PASSWORD)
  await partyNames(admin)
  await partyNames(second)
  await browse(site, async (context, url) => {
    for (const [locale, words] of [
      ['en-GB', 'All seats of the licence are taken'],
      ['sl-SI', 'Vsa mesta'],
    ] as const)
      await inLanguage(context, locale, async (page) => {
        await enter(page, url, 'user2', USER_PASSWORD)

        const said = await dialogThatSays(page, words)
        await picture(page, `sessions-${locale}`)
        expect(said).toContain('2')
        expect(said).toContain(CONTACT)
      })
  })
  await second.logOut()
})

test('saving while it is read-only: a box with words, and a bar that says so', async () => {
  await license('hrm-subscription', { term: { from: '2026-01-01', until: daysAgo(2) } })
  await waitForStanding(customer, 'read-only')
  await pageThatSays(site, 'The licence has lapsed')
  await browse(site, async (context, url) => {
    const page = await context.newPage()
    await page.goto(url)
    // The notice comes first, once; then on to the ERP.
    await page.getByText('The licence has lapsed').waitFor()
    await picture(page, 'lapsed')
    await page.getByRole('link', { name: 'Continue' }).click()
    await enterAsAdmin(page, url)
    await page.goto(`${url}#erp/model/party.party/${party}`)
    await page.locator('input[name=name]:visible').first().fill('Another name')
    await page.keyboard.press('Control+s')

    const said = await dialogThatSays(page, 'read-only under its licence')
    await page.getByText('can only be read at the moment').waitFor()
    await picture(page, 'read-only')
    expect(said).toContain('Nothing can be changed at the moment')
  })
  expect(await partyNames(admin)).toEqual(['A party'])
})

test('the reminder of a rent that is overdue, in the language of the browser', async () => {
  await license('erp-on-premises', { paidThrough: daysAgo(10) })
  await pageThatSays(site, 'The rent is overdue')
  await browse(site, async (context, url) => {
    for (const [locale, words, action] of [
      ['en-GB', 'The rent is overdue', 'Continue'],
      ['sl-SI', 'Najemnina je zapadla', 'Nadaljuj'],
    ] as const)
      await inLanguage(context, locale, async (page) => {
        await page.goto(url)

        expect(await bodyText(page)).toContain(words)
        await picture(page, `reminder-${locale}`)
        await page.getByRole('link', { name: action }).click()
        await page.getByLabel(/user name|uporabniško ime/i).waitFor()
      })
  })
})

test('a suspended appliance says why, to who comes and to who was working', async () => {
  await license('erp-on-premises', {})
  await pageThatSays(site, 'This file is part of Tryton')
  await browse(site, async (context, url) => {
    const working = await context.newPage()
    await enterAsAdmin(working, url)
    const reason = 'The network of the appliance attacks others.'
    await license('erp-on-premises', {}, { urgent: true, reason })
    await waitForStanding(customer, 'suspended')
    await pageThatSays(site, 'closed for now')

    await working.getByText('Parties', { exact: true }).first().click()
    expect(await dialogThatSays(working, 'closed for now')).toContain(CONTACT)
    await picture(working, 'suspended-working')
    for (const [locale, words] of [
      ['en-GB', 'Tryton ERP is closed for now'],
      ['sl-SI', 'Tryton ERP: dostop je začasno zaprt'],
    ] as const)
      await inLanguage(context, locale, async (page) => {
        expect((await page.goto(url))?.status()).toBe(403)
        const text = await bodyText(page)
        await picture(page, `suspended-${locale}`)
        expect(text).toContain(words)
        expect(text).toContain(reason)
        expect(text).toContain(CONTACT)
      })
  })
})
