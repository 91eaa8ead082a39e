import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Entitlements,
  LONGEST_HOLDER,
  MOST_PER_EVENT,
  type SeatAnswer,
  type SeatReason,
  type UsageAnswer,
} from '@domicile/license/client'
import * as z from 'zod/mini'
import { type GateStanding, type Handler, IDLE_MINUTES, type Pool } from '../gate/index.ts'
import type { SeatKeeper } from '../gate/seat-keeper.ts'
import type { SeatResult } from '../gate/verdict.ts'
import { authenticate, bodyOf, CallProblem } from './call.ts'
import type { ReportedUsage } from './reported-usage.ts'

export interface CooperationPorts {
  /** The secret that the application has too. Read at each call, so that a new one counts at once. */
  readonly tokenFile: string
  /** Of the gate: whoever comes in by either way finds the same seats. */
  readonly seats: Pick<SeatKeeper, 'seatOf' | 'release' | 'counts'>
  standing(): Pick<GateStanding, 'blocked' | 'sessions'>
  entitlements(): Entitlements
  /** Where reported events go; only `meters` are taken. */
  readonly usage: ReportedUsage
  readonly meters: ReadonlySet<string>
}

interface Answer {
  readonly status: number
  readonly body?: object
}

const ROOT = '/license/v1/'

/** Of the 64 connections of the agent's port: the rest is left to the gateway, whatever an application does. */
const MOST_AT_ONCE = 32

/**
 * The API for applications that want to cooperate, inside the appliance's network, for who has the token. Its shapes are in
 * `license/src/client/wire.ts`:
 *
 * - `PUT /license/v1/seats/{holder}`: takes or keeps a seat
 * - `DELETE /license/v1/seats/{holder}`: gives it back
 * - `GET /license/v1/entitlements`: what the licence gives
 * - `POST /license/v1/usage`: counts something that the application did
 */
export function cooperationHandler(ports: CooperationPorts): Handler {
  let atWork = 0
  return async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1)
    if (!path.startsWith(ROOT)) return false
    atWork += 1
    try {
      if (atWork > MOST_AT_ONCE) throw new CallProblem('BUSY')
      authenticate(request, await tokenIn(ports.tokenFile))
      send(response, await answer(ports, request, path.slice(ROOT.length)))
    } catch (error) {
      if (!(error instanceof CallProblem)) throw error
      const { code, message, hint, status } = error
      send(response, { status, body: { error: { code, message, hint } } })
    } finally {
      atWork -= 1
    }
    return true
  }
}

const tokenIn = async (file: string): Promise<string> => {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CallProblem('TOKEN_UNREADABLE')
  })
  return text.trim()
}

async function answer(ports: CooperationPorts, request: IncomingMessage, path: string): Promise<Answer> {
  const { method } = request
  const [what, holder, ...more] = path.split('/')
  if (what === 'seats' && holder !== undefined && more.length === 0) {
    const key = keyOf(holder)
    if (method === 'PUT') return takeSeat(ports, key, await bodyOf(request, seatShape))
    if (method !== 'DELETE') throw new CallProblem('WRONG_METHOD')
    await ports.seats.release(key)
    return { status: 204 }
  }
  if (path === 'entitlements') {
    if (method !== 'GET') throw new CallProblem('WRONG_METHOD')
    return { status: 200, body: ports.entitlements() }
  }
  if (path === 'usage') {
    if (method !== 'POST') throw new CallProblem('WRONG_METHOD')
    return { status: 200, body: countUsage(ports, await bodyOf(request, usageShape)) }
  }
  throw new CallProblem('NO_SUCH_PATH')
}

const seatShape = z.strictObject({ pool: z._default(z.enum(['people', 'administrators', 'services']), 'people') })

const usageShape = z.strictObject({
  meter: z.string().check(z.minLength(1), z.maxLength(64)),
  count: z._default(z.int().check(z.minimum(1), z.maximum(MOST_PER_EVENT)), 1),
  id: z.optional(z.string().check(z.regex(/^[!-~]{1,64}$/, 'should be 1 to 64 visible ASCII characters'))),
})

/** SHA-256 is all that is kept of a holder; it is never that of a session which the gate tells apart by itself. */
function keyOf(encoded: string): string {
  const holder = decoded(encoded)
  if (holder === '' || holder.length > LONGEST_HOLDER || /^\.\.?$/.test(holder)) throw new CallProblem('HOLDER_WRONG')
  return createHash('sha256').update(`application ${holder}`).digest('hex')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new CallProblem('HOLDER_WRONG')
  }
}

const REASONS: Readonly<Record<SeatResult, SeatReason>> = {
  held: 'held',
  over: 'over-limit',
  unlimited: 'unlimited',
  unknown: 'unchecked',
  unproven: 'unchecked',
  refused: 'full',
}

/** The application vouches for its sessions, so nobody is asked for a proof. */
async function takeSeat({ seats, standing }: CooperationPorts, key: string, { pool }: { pool: Pool }): Promise<Answer> {
  const { blocked, sessions } = standing()
  const taken = sessions && !blocked ? await seats.seatOf({ key, pool }, sessions, async () => 'known') : 'unlimited'
  const reason = blocked ? 'blocked' : REASONS[taken]
  const idleMinutes = sessions?.idleMinutes ?? IDLE_MINUTES
  const { working, nextFreeSeconds } = seats.counts(idleMinutes)
  const service = pool === 'services'
  const used = service ? working.services : working.people + working.administrators
  const body: SeatAnswer = {
    granted: reason !== 'full' && reason !== 'blocked',
    reason,
    idleSeconds: idleMinutes * 60,
    seats: { used: sessions && used, max: sessions && (service ? sessions.services : sessions.max) },
    nextFreeSeconds: reason === 'full' && !service ? nextFreeSeconds : null,
  }
  return { status: body.granted ? 200 : 409, body }
}

function countUsage(
  { usage, meters }: CooperationPorts,
  { meter, count, id }: z.output<typeof usageShape>,
): UsageAnswer {
  if (!meters.has(meter)) throw new CallProblem('METER_UNKNOWN')
  if (id !== undefined) return { counted: usage.addOnce(meter, count, id) }
  usage.add(meter, count)
  return { counted: true }
}

/** No connection is kept: an application with many would leave none for the gateway. */
function send(response: ServerResponse, { status, body }: Answer): void {
  response.setHeader('cache-control', 'no-store').setHeader('connection', 'close')
  if (status === 401) response.setHeader('www-authenticate', 'Bearer')
  if (status === 503) response.setHeader('retry-after', '1')
  if (body === undefined) return void response.writeHead(status).end()
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text)
}
