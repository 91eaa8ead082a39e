import { type Host, type Outcome, type RunOptions, startHost } from './host.ts'
import { type StackName, workshop } from './workshop.ts'

/** A host and what an admin does on it: files from the vendor are in /root, the program is in the path. */
export interface Customer {
  readonly host: Host
  /** Runs the program as root. */
  domicile(args: readonly string[], options?: RunOptions): Promise<Outcome>
  /** As `domicile` with `--json`; the one document on stdout comes parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of a document
  json(args: readonly string[], options?: RunOptions): Promise<Outcome & { document: any }>
  /** As `json`, for what a test needs and does not test. @throws Error unless it ended with 0 */
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of a document
  must(args: readonly string[]): Promise<any>
}

export const RELEASE = (stack: StackName) => `/root/${stack}.domicile`
export const VENDOR_KEY = '/root/vendor.pub'

/** The arguments of an unattended installation; the disk of a test machine belongs to many and may be slow. */
export const installation = (stack: StackName, ...more: readonly string[]): string[] => [
  ...['install', RELEASE(stack), '--vendor-key', VENDOR_KEY, '--yes'],
  ...['--accept', 'disk-latency=a test machine', ...more],
]

/** Starts a host and brings it what the customer got from the vendor. */
export async function newCustomer(
  name: string,
  { bare = false, stacks = ['guestbook'] }: { bare?: boolean; stacks?: readonly StackName[] } = {},
): Promise<Customer & AsyncDisposable> {
  const host = await startHost({ name, bare })
  await host.copyIn(workshop.executable, '/usr/local/bin/domicile')
  await host.copyIn(workshop.publicKey, VENDOR_KEY)
  for (const stack of stacks) await host.copyIn(workshop.release(stack), RELEASE(stack))
  return { ...customerAt(host), [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() }
}

function customerAt(host: Host): Customer {
  const domicile = (args: readonly string[], options: RunOptions = {}) => host.run('domicile', args, options)
  const json = async (args: readonly string[], options: RunOptions = {}) => {
    const outcome = await domicile([...args, '--json'], options)
    return { ...outcome, document: parse(args, outcome) }
  }
  const must = async (args: readonly string[]) => {
    const { exitCode, document, stderr } = await json(args)
    if (exitCode !== 0)
      throw new Error(`domicile ${args.join(' ')} ended with ${exitCode}: ${JSON.stringify(document)} ${stderr}`)
    return document
  }
  return { host, domicile, json, must }
}

function parse(args: readonly string[], { stdout, stderr, exitCode }: Outcome): unknown {
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(
      `domicile ${args.join(' ')} (ended with ${exitCode}) printed no JSON document: ${stdout}\n${stderr}`,
    )
  }
}
