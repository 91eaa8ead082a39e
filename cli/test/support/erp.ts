import { type Site, visit } from './web.ts'

/** A session of the ERP's own JSON-RPC, as its clients open one. */
export interface Session {
  call(method: string, ...params: readonly unknown[]): Promise<unknown>
}

const DATABASE = '/erp/'

export async function logIn(site: Site, user: string, password: string): Promise<Session> {
  const [uid, key] = (await ask(site, 'common.db.login', [user, { password }, 'en'])) as [number, string]
  const authorization = `Session ${Buffer.from(`${user}:${uid}:${key}`).toString('base64')}`
  return { call: (method, ...params) => ask(site, method, [...params, {}], { authorization }) }
}

export async function createParty({ call }: Session, name: string): Promise<void> {
  await call('model.party.party.create', [{ name }])
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
