import { type Customer, installation } from './customer.ts'
import { type Site, submit, visit } from './web.ts'

export const HOSTNAME = 'guestbook.localhost'

/** Installs the guest book, which must work, and finds the way to it. */
export async function installGuestbook(customer: Customer, ...more: readonly string[]): Promise<Site> {
  await customer.must(installation('guestbook', '--hostname', HOSTNAME, ...more))
  return siteOf(customer)
}

/** The site as a person reaches it who trusts the appliance’s root certificate. */
export async function siteOf({ must, host }: Customer, { name = 'guestbook', port = 443 } = {}): Promise<Site> {
  const { pem } = await must(['tls', 'root', '--name', name])
  return { address: host.address, port, hostname: HOSTNAME, root: pem }
}

export async function sign(site: Site, message: string): Promise<void> {
  const { status, body } = await submit(site, '/', { name: 'Ada', message })
  if (status !== 303) throw new Error(`The guest book answered ${status}: ${body}`)
}

/** The page with its entries. @throws Error unless it answers with 200 */
export async function page(site: Site): Promise<string> {
  const { status, body } = await visit(site)
  if (status !== 200) throw new Error(`The guest book answered ${status}: ${body}`)
  return body
}
