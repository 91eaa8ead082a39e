import { UserError } from '../kernel/index.ts'

/** An IPv4 network in CIDR form, for example `10.201.4.0/24`. */
export type Cidr = string

/** Where appliances take their networks from: seldom used by offices, and not Docker's own default pools. */
const POOL = Array.from({ length: 256 * 4 }, (_, index) => `10.${201 + Math.floor(index / 256)}.${index % 256}.0/24`)

export function overlaps(a: Cidr, b: Cidr): boolean {
  const [first, second] = [range(a), range(b)]
  return first.from <= second.to && second.from <= first.to
}

/**
 * The first `count` networks of the pool that clash with nothing in use.
 * @throws UserError NO_FREE_SUBNET when the whole pool is taken
 */
export function chooseSubnets(count: number, inUse: readonly Cidr[]): Cidr[] {
  const free = POOL.filter((candidate) => !inUse.some((used) => overlaps(candidate, used)))
  if (free.length >= count) return free.slice(0, count)
  throw new UserError('No free address range was found for the appliance’s networks (10.201.0.0 to 10.204.255.0).', {
    code: 'NO_FREE_SUBNET',
    hint: 'A route on this host covers that range. Ask your network administrator which private /24 networks are free and give them with --subnet.',
  })
}

/** The n-th host address of a /24 (1 is the engine's own gateway). */
export const addressIn = (subnet: Cidr, host: number): string => subnet.replace(/\d+\/24$/, String(host))

function range(cidr: Cidr): { from: number; to: number } {
  const [address = '', bits = '32'] = cidr.split('/')
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const size = 2 ** (32 - Number(bits))
  const from = Math.floor(number / size) * size
  return { from, to: from + size - 1 }
}
