import { type SimulatedClock, startSimulatedClock, useLastingCertificate } from './clock.ts'
import { type Customer, installation, newCustomer } from './customer.ts'
import { waitUntil } from './waiting.ts'
import { type Answer, type Site, visit } from './web.ts'

export const HOSTNAME = 'erp.localhost'

/** A session of the ERP's own JSON-RPC, as its clients open one. */
export interface Session {
  call(method: string, ...params: readonly unknown[]): Promise<unknown>
  logOut(): Promise<void>
}

const DATABASE = '/erp/'
export const USER_PASSWORD = 'correct horse battery'

export async function logIn(site: Site, user: string, password: string, language = 'en'): Promise<Session> {
  const [uid, key] = (await ask(site, 'common.db.login', [user, { password }, 'en'])) as [number, string]
  const authorization = `Session ${Buffer.from(`${user}:${uid}:${key}`).toString('base64')}`
  return {
    call: (method, ...params) => ask(site, method, [...params, { language }], { authorization }),
    logOut: async () => {
      await ask(site, 'common.db.logout', [], { authorization })
    },
  }
}

/** Installs the ERP, which must work. @returns the first password of its user admin */
export async function installErp(customer: Customer, ...more: readonly string[]): Promise<string> {
  const { login } = await customer.must(installation('erp', '--hostname', HOSTNAME, ...more))
  return login.password
}

export interface ErpCustomer {
  readonly customer: Customer & AsyncDisposable
  readonly site: Site
  /** Of the user admin. */
  readonly password: string
}

/** A customer with the ERP, and the way to it. */
export async function erpCustomer(name: string): Promise<ErpCustomer> {
  const customer = await newCustomer(name, { stacks: ['erp'] })
  const password = await installErp(customer)
  const { pem } = await customer.must(['tls', 'root'])
  return { customer, password, site: { address: customer.host.address, hostname: HOSTNAME, root: pem } }
}

/** A customer with the ERP whose agent lives at another time. */
export async function simulatedErp(name: string, instant: string): Promise<ErpCustomer & { clock: SimulatedClock }> {
  const { customer, password } = await erpCustomer(name)
  const site = await useLastingCertificate(customer, HOSTNAME)
  const clock = await startSimulatedClock(customer, 'erp')
  await clock.moveTo(instant)
  return { customer, site, clock, password }
}

/** A person opens the ERP's address with a browser. */
export const openPage = (site: Site, { language = 'en', cookie = '' } = {}): Promise<Answer> =>
  visit(site, '/', {
    headers: {
      ...{
        accept: 'text/html',
        'accept-language': language,
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      },
      ...(cookie && { cookie }),
    },
  })

/** The page that a person sees who opens the ERP, as soon as it says that: a verdict may be used for a few seconds. */
export async function pageThatSays(site: Site, text: string, language = 'en'): Promise<Answer> {
  let page: Answer | undefined
  await waitUntil(`the page says “${text}”`, async () => {
    page = await openPage(site, { language })
    return page.body.includes(text) ? undefined : `${page.status} ${page.body.slice(-500)}`
  })
  return page as Answer
}

/** What PostgreSQL answers to its superuser, or to the application's role, which may be told more in SQL. */
export const query = ({ host }: Customer, sql: string) =>
  host.must('docker', [
    ...['exec', '-u', '70', 'erp-postgres-1', 'psql', '-U', 'postgres', '-d', 'erp', '-qAt', '-v', 'ON_ERROR_STOP=1'],
    ...['-c', sql],
  ])

/** Who may do what with each table. */
export const rightsOf = (customer: Customer) =>
  query(
    customer,
    `select relname, (select array_agg(x::text order by x::text) from unnest(relacl) x) from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'S', 'v') order by relname`,
  )

export async function createParty({ call }: Session, name: string): Promise<void> {
  await call('model.party.party.create', [{ name }])
}

/** A user who may do what the administrator may. */
export async function createUser({ call }: Session, login: string, password = USER_PASSWORD): Promise<number> {
  const [admin] = (await call('model.res.user.read', [1], ['groups'])) as { groups: number[] }[]
  const user = { name: login, login, password, groups: [['add', admin?.groups]] }
  const [id] = (await call('model.res.user.create', [user])) as number[]
  return id ?? 0
}

export async function setActive({ call }: Session, user: number, active: boolean): Promise<void> {
  await call('model.res.user.write', [user], { active })
}

/** Waits until work succeeds: a verdict of the gate may be used for a few seconds. */
export const waitUntilWorks = (what: string, work: () => Promise<unknown>) =>
  waitUntil(what, () =>
    work().then(
      () => undefined,
      (error: Error) => error.message,
    ),
  )

/** Waits until work is refused in these words. */
export const waitUntilRefused = (words: string, work: () => Promise<unknown>) =>
  waitUntil(`it is refused with “${words}”`, () =>
    work().then(
      () => 'not refused',
      ({ message }: Error) => (message.includes(words) ? undefined : message),
    ),
  )

/** What the ERP's own client would show of a refusal. @throws Error when nothing was refused */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => undefined,
    (error: Error) => error.message,
  )
  if (outcome === undefined) throw new Error('It was not refused.')
  return outcome
}

export async function partyNames({ call }: Session): Promise<string[]> {
  const found = await call('model.party.party.search_read', [], 0, null, null, ['name'])
  return (found as { name: string }[]).map(({ name }) => name)
}

async function ask(site: Site, method: string, params: unknown[], headers: Readonly<Record<string, string>> = {}) {
  const body = JSON.stringify({ id: 1, method, params })
  const answer = await visit(site, DATABASE, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  if (answer.status !== 200) throw new Error(`${method}: HTTP ${answer.status}: ${answer.body}`)
  const { result, error } = JSON.parse(answer.body) as { result?: unknown; error?: unknown }
  if (error) throw new Error(`${method}: ${JSON.stringify(error)}`)
  return result
}
