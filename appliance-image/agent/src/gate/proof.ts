import { request } from 'node:http'
import type { SessionSettings } from '@domicile/license/session'
import type { Proof } from './seat-keeper.ts'

/** What the application needs to see of the request whose session is in question. */
export interface Visitor {
  /** The header's value, or the whole Cookie header. */
  readonly carried: string
  readonly host: string
  readonly userAgent: string
  readonly address: string
}

export type Prove = (visitor: Visitor) => Promise<Proof>

const PATIENCE_MS = 2000
const MOST_BYTES = 65_536
/** More at once would only be more work for an application that has enough. */
const MOST_AT_ONCE = 16

/** Asks the application itself whether it knows a session. Without a `proof` in the manifest every session is believed. */
export function prover(settings: SessionSettings, upstream: { host: string; port: number }): Prove {
  const { proof } = settings
  if (!proof) return async () => 'known'
  let asking = 0
  return async (visitor) => {
    if (asking >= MOST_AT_ONCE) return 'inconclusive'
    asking += 1
    try {
      const { status, body } = await ask(settings, proof, upstream, visitor)
      if (status >= 500) return 'inconclusive'
      const known =
        status === proof.status &&
        (proof.contains === undefined || body.includes(proof.contains)) &&
        (proof.excludes === undefined || !body.includes(proof.excludes))
      return known ? 'known' : 'stranger'
    } catch {
      return 'inconclusive'
    } finally {
      asking -= 1
    }
  }
}

type ProofSettings = NonNullable<SessionSettings['proof']>

function ask(
  settings: SessionSettings,
  proof: ProofSettings,
  upstream: { host: string; port: number },
  visitor: Visitor,
) {
  const { method, path, body, contentType } = proof
  const headers = {
    host: visitor.host,
    'user-agent': visitor.userAgent,
    'x-forwarded-for': visitor.address,
    'x-real-ip': visitor.address,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': visitor.host,
    connection: 'close',
    [settings.header ?? 'cookie']: visitor.carried,
    ...(body !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
  }
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const asked = request(
      { ...upstream, method, path, headers, signal: AbortSignal.timeout(PATIENCE_MS) },
      (answer) => {
        const chunks: Buffer[] = []
        let bytes = 0
        const done = () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          bytes += chunk.length
          if (bytes <= MOST_BYTES) return
          done()
          answer.destroy()
        })
        answer.on('end', done).on('error', reject)
      },
    )
    asked.on('error', reject).end(body)
  })
}
