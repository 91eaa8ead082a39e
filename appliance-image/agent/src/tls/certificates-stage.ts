import { X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { LEAST } from '../config.fixture.ts'
import { parseConfig } from '../config.ts'
import { days, make } from './certificate-fixtures.ts'
import { Certificates } from './certificates.ts'
import type { Issuer } from './issuer.ts'
import { issuing } from './issuing.ts'
import { TlsFolder } from './tls-folder.ts'
import { TlsState } from './tls-state.ts'

export const birth = new Date('2027-01-01T00:00:00Z')

/** An appliance's certificates for a test: real folders, the libraries in this process, and a clock to set. */
export interface Stage {
  /** Holds `state/` and `tls/`. */
  home: string
  now: Date
  issuer: Issuer
  events: string[]
}

/** A fresh stage for each test of the file. */
export function makeStage(): Stage {
  const stage: Stage = { home: '', now: birth, issuer: issuing, events: [] }
  beforeEach(async () => {
    Object.assign(stage, {
      home: await mkdtemp(join(tmpdir(), 'certificates-')),
      now: birth,
      issuer: issuing,
      events: [],
    })
  })
  afterEach(() => rm(stage.home, { recursive: true }))
  return stage
}

/** As after a start of the agent, with what an earlier one left on the stage. */
export async function started(stage: Stage, changes: object = {}): Promise<Certificates> {
  const defaults = { version: 1, appliance: 'erp', hostnames: ['erp.example.com'], tls: { mode: 'internal' } }
  const log = (event: string) => void stage.events.push(event)
  const [state, tls] = [join(stage.home, 'state'), join(stage.home, 'tls')]
  for (const path of [state, tls]) await mkdir(path, { recursive: true })
  const certificates = new Certificates(parseConfig(JSON.stringify({ ...LEAST, ...defaults, ...changes })), {
    state: new TlsState(state, log),
    folder: new TlsFolder(tls),
    issuer: stage.issuer,
    clock: () => stage.now,
    log,
  })
  await certificates.load()
  await certificates.check()
  return certificates
}

/** What the gateway would read. */
export const served = async ({ home }: Stage) => new X509Certificate(await readFile(join(home, 'tls/live/cert.pem')))

/** A certificate that the customer has from elsewhere. */
export const own = ({ now }: Stage, notAfter: Date) =>
  make({ hostnames: ['erp.example.com'], notBefore: days(-1, now), notAfter })
