import { sortedJson } from '../record/index.ts'
import { hoursDigest, hoursText, type ReadHours, readHours } from './day-text.ts'
import { hoursMustBeKept, samplesMustBeKept } from './retention.ts'
import { type ReadSamples, readSamples } from './samples.ts'
import { summarize, totals } from './summary.ts'
import type { DaySeal, Finding } from './types.ts'

/** The files of one day. `undefined`: not at hand, and not missed; `null`: there should be one, and there is none. */
export interface DayFiles {
  readonly samples: string | null | undefined
  readonly hours: string | null | undefined
}

/** What is wrong with the files of a day that has its seal. */
export function verifySealedDay(seal: DaySeal, { samples, hours }: DayFiles, today: string): Finding[] {
  return [...verifyHours(seal, hours, today), ...verifySamples(seal, samples, today)]
}

/** What is wrong with the samples of a day that has none yet. A cut tail is no wrong: the agent may be writing. */
export function verifyOpenDay(day: string, text: string): Finding[] {
  const { problem, bodies } = readSamples(text)
  const stranger = dayOfSamples(bodies)
  if (stranger !== null && stranger !== day) return [swapped(day, 'samples', stranger)]
  return problem ? [samplesChanged(day, problem)] : []
}

function verifyHours(seal: DaySeal, text: string | null | undefined, today: string): Finding[] {
  const { day } = seal
  if (text === undefined) return []
  if (text === null) return hoursMustBeKept(day, today) ? [missing('HOURS_MISSING', day, 'hours')] : []
  return verifyReadHours(seal, { digest: hoursDigest(text), ...readHours(text) })
}

/**
 * What is wrong with a day by the hour that was read, by its seal.
 * @param digest SHA-256 of its text
 */
export function verifyReadHours(seal: DaySeal, { digest, hours, problem }: ReadHours & { digest: string }): Finding[] {
  const { day } = seal
  if (hours && hours.day !== day) return [swapped(day, 'hours', hours.day)]
  if (digest !== seal.hours) return [hoursChanged(day, problem)]
  if (!hours) return [contradicts(day, `its hours cannot be read (${problem})`)]
  const { samples, levels, counts } = seal
  return sortedJson({ samples, levels, counts }) === sortedJson(totals(hours))
    ? []
    : [contradicts(day, 'its totals are not those of its hours')]
}

function verifySamples(seal: DaySeal, text: string | null | undefined, today: string): Finding[] {
  const { day } = seal
  if (text === undefined) return []
  if (text === null) return samplesMustBeKept(day, today) ? [missing('SAMPLES_MISSING', day, 'samples')] : []
  const read = readSamples(text)
  const stranger = dayOfSamples(read.bodies)
  if (stranger !== null && stranger !== day) return [swapped(day, 'samples', stranger)]
  const problem = read.problem ?? whyNotSealed(seal, text, read)
  if (problem) return [samplesChanged(day, problem)]
  const said = hoursDigest(hoursText(summarize(day, read.bodies)))
  return said === seal.hours ? [] : [contradicts(day, 'its hours are not what its samples add up to')]
}

function whyNotSealed(seal: DaySeal, text: string, { lines, head, wholeBytes }: ReadSamples): string | null {
  if (lines < seal.lines) return `${lines} lines are there, and ${seal.lines} were sealed`
  if (lines > seal.lines) return `line ${seal.lines + 1} was added after the day was sealed`
  if (head !== seal.head) return 'its chain ends in another line than the one that was sealed'
  return wholeBytes === Buffer.byteLength(text) ? null : `something follows line ${lines}`
}

/** The first line says it; null when there is none that holds. */
function dayOfSamples([first]: ReadSamples['bodies']): string | null {
  return first && 'day' in first ? first.day : null
}

const hoursChanged = (day: string, problem: string | null): Finding => ({
  code: 'HOURS_CHANGED',
  day,
  message: `The hours of ${day} are not those that were sealed${problem ? ` (${problem})` : ''}.`,
})

const samplesChanged = (day: string, problem: string): Finding => ({
  code: 'SAMPLES_CHANGED',
  day,
  message: `The samples of ${day} are not those that were written: ${problem}.`,
})

const missing = (code: 'SAMPLES_MISSING' | 'HOURS_MISSING', day: string, what: string): Finding => ({
  code,
  day,
  message: `The ${what} of ${day} are gone, though they are kept for longer than that.`,
})

const swapped = (day: string, what: string, stranger: string): Finding => ({
  code: 'DAYS_SWAPPED',
  day,
  message: `What stands in the place of the ${what} of ${day} is of ${stranger}.`,
})

const contradicts = (day: string, why: string): Finding => ({
  code: 'SEAL_CONTRADICTS',
  day,
  message: `The seal of ${day} contradicts itself: ${why}.`,
})
