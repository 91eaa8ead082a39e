import type { Reason, Verdict } from './types.ts'

/** Why a snapshot stays or goes, as a person reads it. */
export const explain = ({ keep, reasons }: Verdict): string =>
  `${keep ? 'Stays' : 'Goes'}: ${reasons.map(reasonText).join('; ')}.`

const KINDS = { 'pre-upgrade': 'an upgrade', 'pre-restore': 'a restore' } as const

/** One reason, in words that go into the middle of a sentence. */
export function reasonText(reason: Reason): string {
  switch (reason.code) {
    case 'STANDS_FOR':
      return `newest of ${reason.period} ${reason.name}, through ${reason.until}`
    case 'AFTER_PAUSE':
      return `after a pause, until there are ${reason.wanted} new daily copies (${reason.have} so far)`
    case 'HELD':
      return `held: ${reason.why}`
    case 'FINAL':
      return 'the final one'
    case 'WAY_BACK':
      return `the way back from ${KINDS[reason.kind]}, through ${reason.until}`
    case 'NEWEST_PROVEN':
      return 'the newest that is proven'
    case 'NEWER_THAN_PROVEN':
      return `newer than the newest that is proven (${reason.proven})`
    case 'NONE_PROVEN':
      return 'none is proven yet, so none goes'
    case 'OF_FUTURE':
      return 'its time is yet to come, so the clock was moved'
    case 'REFUSED':
      return `does not count (${reason.refused}), to be looked into through ${reason.until}`
    case 'NEWER_IN_PERIOD':
      return `${reason.run} is newer in ${reason.period} ${reason.name}`
    case 'OVER':
      return reason.period === null
        ? `its time was over with ${reason.until}`
        : `the time of ${reason.period} ${reason.name} was over with ${reason.until}`
  }
}
