import { type Comparison, compareReports } from '@domicile/license/audit'
import { compareChains, type Kinship } from '@domicile/license/document'
import type { SentFile } from './sent-file.ts'

/** What can be told from where two records stand, when the records themselves are not at hand. */
export const KINSHIP: Readonly<Record<Kinship, string>> = {
  same: 'The same: nothing was recorded between the two.',
  continued: 'Continued: the longer record goes on where the shorter one ended. It is one installation.',
  foreign: 'Foreign: two installations that have nothing to do with each other.',
  forked:
    'Forked: the two records have one beginning and went different ways. One of the two installations is a copy of the other, or was put back to an earlier backup.',
}

/** Two files of installations: by the lines of their records where both are reports, else by where their records stand. */
export function compareSent(a: SentFile, b: SentFile): Comparison {
  if (a.report && b.report) return compareReports(a.report, b.report)
  const kinship = kinshipOf(a, b)
  return {
    kinship,
    earlier: a.claims.chain.length <= b.claims.chain.length ? 'a' : 'b',
    ...{ lastCommon: null, parted: null, gap: null, changedDays: [], bothRunning: [] },
    words: [KINSHIP[kinship]],
  }
}

/** The whole record of a report has every line at which a request can have been made; of requests only those are known. */
function kinshipOf(a: SentFile, b: SentFile): Kinship {
  const [one, other] = [a.claims.chain, b.claims.chain]
  const lines = (a.report ?? b.report)?.evidence.lines
  const { length, head } = a.report ? other : one
  const line = one.genesis === other.genesis ? lines?.[length - 1] : undefined
  if (!lines || !line) return compareChains(one, other)
  if (line.hash !== head) return 'forked'
  return length === lines.length ? 'same' : 'continued'
}
