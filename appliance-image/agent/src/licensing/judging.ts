import { createPrivateKey } from 'node:crypto'
import { LicenceRefusal } from '@domicile/license'
import { isRevoked, signDocument, splitDocuments } from '@domicile/license/document'
import { effectiveLicence, standing } from '@domicile/license/standing'
import { emptyHoldings, type Holdings, replay, type Taken, take } from './holdings.ts'
import type { Judge, Judgement, JudgeRequest } from './judge.ts'

/** In the process that asks; `forkedJudge` has it done in another. */
export const judging: Judge = {
  judge: async (request) => {
    try {
      return judge(request)
    } catch (error) {
      if (!(error instanceof LicenceRefusal)) throw error
      const { code, message, hint, kind } = error
      return { refused: { code, message, hint, kind } }
    }
  },
  sign: async ({ claims, privateKey }) =>
    signDocument('request', claims, { kid: claims.installation.id, privateKey: createPrivateKey(privateKey) }),
}

/** @throws LicenceRefusal when what was brought does not count; what counts is carried out in thought first */
function judge({ vendorKeys, product, installation, lines, usage, bring, ...times }: JudgeRequest): Judgement {
  const now = new Date(times.now)
  const place = { product, installation }
  const replayed = replay(emptyHoldings(vendorKeys), lines, place)
  let { holdings } = replayed
  const taken: (Taken & { text: string })[] = []
  if (bring) {
    const where = { ...place, now, replace: bring.replace, signedBy: new Date(bring.signedBy) }
    for (const text of splitDocuments(bring.text)) {
      const next = take(holdings, text, where)
      holdings = next.holdings
      taken.push({ ...next.taken, text })
    }
  }
  const { events, terms } = holdings
  return {
    standing: standing({ events, usage, now: now.getTime(), terms }),
    licence: effectiveLicence(events),
    events,
    problems: replayed.problems,
    anchors: holdings.anchors,
    revoked: isTakenBack(holdings),
    taken,
  }
}

/** A licence that is held stays until another comes: only an order, with its notice, stops anybody's work. */
function isTakenBack({ trust: { list }, held: { licence } }: Holdings): boolean {
  return list !== null && licence !== null && isRevoked(list, { kind: 'licence', kid: '', claims: licence.claims })
}
