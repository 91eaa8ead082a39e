import { createPrivateKey } from 'node:crypto'
import { LicenceRefusal } from '@domicile/license'
import { isRevoked, signDocument, splitDocuments } from '@domicile/license/document'
import { emptyHoldings, type Holdings, replay, type Taken, take } from '@domicile/license/holdings'
import type { DayHours } from '@domicile/license/ledger'
import { effectiveLicence, type StandingEvent, standing } from '@domicile/license/standing'
import type { Judge, Judgement, JudgeRequest } from './judge.ts'
import { meterings } from './metering-usage.ts'

/** Days of a ledger by the hour, from a UTC day on, today's among them. */
export type HoursSince = (ledger: string, day: string) => Iterable<DayHours>

/** In the process that asks; `forkedJudge` has it done in another. */
export const judgingBy = (hoursSince: HoursSince): Judge => ({
  judge: async (request) => {
    try {
      return judge(request, hoursSince)
    } catch (error) {
      if (!(error instanceof LicenceRefusal)) throw error
      const { code, message, hint, kind } = error
      return { refused: { code, message, hint, kind } }
    }
  },
  sign: async ({ claims, privateKey }) =>
    signDocument('request', claims, { kid: claims.installation.id, privateKey: createPrivateKey(privateKey) }),
})

/** Where nothing was counted. */
export const judging: Judge = judgingBy(() => [])

/** @throws LicenceRefusal when what was brought does not count; what counts is carried out in thought first */
function judge(request: JudgeRequest, hoursSince: HoursSince): Judgement {
  const { problems, holdings, taken } = held(request)
  const { terms, anchors } = holdings
  const now = Date.parse(request.now)
  const licence = effectiveLicence(holdings.events)
  const { usage, metered } = meterings({
    ...{ licence, terms, events: holdings.events, usage: request.usage, now },
    hoursSince: (day) => hoursSince(request.ledger, day),
  })
  const reached: StandingEvent[] = metered ? [{ at: request.now, kind: 'metered', ...metered }] : []
  const events = [...holdings.events, ...reached]
  return {
    ...{ standing: standing({ events, usage, now, terms }), licence, events, metered, problems, anchors, taken },
    revoked: isTakenBack(holdings),
  }
}

/** What an appliance has, with what is brought. */
function held({ vendorKeys, product, installation, lines, bring, now }: JudgeRequest) {
  const place = { product, installation }
  let { holdings, doubtful } = replay(emptyHoldings(vendorKeys), lines, place)
  const taken: (Taken & { text: string })[] = []
  if (bring) {
    const where = { ...place, now: new Date(now), replace: bring.replace, signedBy: new Date(bring.signedBy) }
    for (const text of splitDocuments(bring.text)) {
      const next = take(holdings, text, where)
      holdings = next.holdings
      taken.push({ ...next.taken, text })
    }
  }
  const problems = doubtful.map(({ line, why }) => `line ${line.n}: ${why.message}`)
  return { holdings, problems, taken }
}

/** A licence that is held stays until another comes: only an order, with its notice, stops anybody's work. */
function isTakenBack({ trust: { list }, held: { licence } }: Holdings): boolean {
  return list !== null && licence !== null && isRevoked(list, { kind: 'licence', kid: '', claims: licence.claims })
}
