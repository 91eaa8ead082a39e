import { readFileSync } from 'node:fs'
import { cpus, hostname, machine, release } from 'node:os'
import { type HostFacts, isUnknown } from '@domicile/stacks/preflight'
import { readAppliances } from './appliances.ts'
import { measureLatency, readDisk } from './disk.ts'
import { readEngine } from './engine.ts'
import { fact } from './fact.ts'
import { readFirewall } from './firewall.ts'
import * as host from './host.ts'
import { readDns, readForwarding, readNetwork } from './network.ts'
import { readPort } from './ports.ts'

export interface FactsOptions {
  readonly ports: { readonly http: number; readonly https: number }
  /** Address to publish on; all of them where absent. */
  readonly address?: string
  /** Name to look up. */
  readonly hostname?: string
  /** Folder of the appliances; need not exist. */
  readonly dataDir: string
  readonly dockerSocket: string
  /** Where to measure the disk instead of in `dataDir`. */
  readonly probeDir?: string
}

const LATENCY_TIMEOUT_MS = 4000

/** Where the engine keeps its data unless it says otherwise. */
const ENGINE_ROOT = '/var/lib/docker'

/**
 * Learns what preflight judges about this Linux host. Reads only, but for one small file that measures the disk and is
 * removed again. Never throws and never hangs: each fact has its own time, and one that fails is `{ unknown: reason }`.
 */
export async function collectFacts(options: FactsOptions): Promise<HostFacts> {
  const engine = readEngine(options.dockerSocket)
  const machineFacts = await readMachine()
  const others = await readSurroundings(options)
  // Last and on a quiet processor, so that it is the disk that is measured.
  const [answer, diskLatency] = await Promise.all([
    engine,
    fact((signal) => measureLatency(options.probeDir ?? options.dataDir, signal), LATENCY_TIMEOUT_MS),
  ])
  return { ...machineFacts, ...others, ...(await readBesideEngine(options, answer)), engine: answer, diskLatency }
}

type Engine = HostFacts['engine']

async function readMachine() {
  const [cpuCount, cpuLevel, architecture, memory, kernel, cgroups, name, virtualization, access, systemd] =
    await Promise.all([
      fact(() => cpus().length),
      fact(() => host.cpuLevelOf(readFileSync('/proc/cpuinfo', 'utf8'))),
      fact(() => host.architectureOf(machine())),
      fact(() => host.memoryOf(host.readText('/proc/meminfo'))),
      fact(release),
      fact(host.readCgroups),
      fact(hostname),
      fact(host.readVirtualization),
      fact(host.readMandatoryAccessControl),
      fact(host.readSystemd),
    ])
  return {
    ...{ cpuCount, cpuLevel, architecture, memory, kernel, cgroups, hostname: name, virtualization, systemd },
    mandatoryAccessControl: access,
  }
}

async function readSurroundings({ dataDir, hostname: wantedName }: FactsOptions) {
  const [timeSync, dataDisk, network, dns, firewall, forwarding, appliances] = await Promise.all([
    fact(host.readTimeSync),
    fact((signal) => readDisk(dataDir, signal)),
    fact(readNetwork),
    wantedName ? fact((signal) => readDns(wantedName, signal)) : undefined,
    readFirewall(),
    fact(readForwarding),
    fact((signal) => readAppliances(dataDir, signal)),
  ])
  return { timeSync, dataDisk, network, firewall, forwarding, appliances, ...(dns && { dns }) }
}

/** What can be told better once the engine has said where it keeps its data and which ports it publishes. */
async function readBesideEngine({ ports, address }: FactsOptions, { answer }: Engine) {
  const root = isUnknown(answer) ? ENGINE_ROOT : answer.rootDir || ENGINE_ROOT
  const published = isUnknown(answer) ? [] : answer.publishedPorts
  const [engineDisk, http, https] = await Promise.all([
    fact((signal) => readDisk(root, signal)),
    fact(() => readPort(ports.http, address, published)),
    fact(() => readPort(ports.https, address, published)),
  ])
  return { engineDisk, ports: { http, https } }
}
