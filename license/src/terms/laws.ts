import { isZone } from './days.ts'
import { STAGE_STATES } from './schema.ts'
import { ORDER_NOTICE, type Stage, type Terms } from './terms.ts'
import { UNITS } from './units.ts'

export interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What notices and stages may speak of. */
export const PLACEHOLDERS = [
  ...['customer', 'vendor', 'contact', 'paidThrough', 'until', 'maintenanceUntil', 'due', 'blockedOn', 'days', 'since'],
  ...['reason', 'orderClause', 'effective', 'limit', 'max', 'used', 'over', 'when'],
]

/** What a profile that has the right shape may still have wrong. */
export function lawsBroken(terms: Terms): Problem[] {
  return [
    ...(isZone(terms.timezone) ? [] : [{ path: ['timezone'], message: 'is no time zone of the IANA database' }]),
    ...twice(terms.tracks.map(({ name }) => name)).map((index) => ({
      path: ['tracks', index, 'name'],
      message: 'names a second track',
    })),
    ...terms.tracks.flatMap((track, index) => stagesBroken(terms, track.stages, ['tracks', index, 'stages'])),
    ...Object.entries(terms.notices).flatMap(([id, { texts }]) =>
      Object.entries(texts).flatMap(([language, { title, text }]) =>
        [...strangePlaceholders(`${title} ${text}`), ...(isLanguage(language) ? [] : ['is no language tag'])].map(
          (message) => ({ path: ['notices', id, 'texts', language], message }),
        ),
      ),
    ),
    ...Object.entries(terms.limits).flatMap(([limit, rule]) =>
      rule?.notice !== undefined && !terms.notices[rule.notice]
        ? [{ path: ['limits', limit, 'notice'], message: `names a notice that is not there: ${rule.notice}` }]
        : [],
    ),
    ...terms.fairUse.flatMap((allowance, index) =>
      allowanceBroken(terms, allowance).map(([key, message]) => ({ path: ['fairUse', index, key], message })),
    ),
  ]
}

/** What is to be carried out must be countable. */
function allowanceBroken(terms: Terms, { meter, unit, each, notice }: Terms['fairUse'][number]): [string, string][] {
  const unknown = notice !== undefined && !terms.notices[notice]
  return [
    ...(unknown ? [['notice', `names a notice that is not there: ${notice}`] as [string, string]] : []),
    ...(meter !== undefined && UNITS[unit] === undefined
      ? [['unit', `cannot be counted by a meter; units are: ${Object.keys(UNITS).join(', ')}`] as [string, string]]
      : []),
    ...(meter !== undefined && each === 'file'
      ? [['each', 'cannot be counted by a meter: no meter looks at single files'] as [string, string]]
      : []),
  ]
}

function stagesBroken(terms: Terms, stages: readonly Stage[], at: readonly PropertyKey[]): Problem[] {
  const problem = (index: number, key: string, message: string) => ({ path: [...at, index, key], message })
  return [
    ...twice(stages.map(({ id }) => id)).map((index) => problem(index, 'id', 'names a second stage')),
    ...stages.flatMap((stage, index) => {
      const earlier = stages.slice(0, index)
      return [
        ...orderBroken(stage, earlier.at(-1)).map(([key, message]) => problem(index, key, message)),
        ...noticesBroken(terms, stage, earlier).map(([key, message]) => problem(index, key, message)),
        ...strangePlaceholders(stage.text).map((message) => problem(index, 'text', message)),
      ]
    }),
  ]
}

const hardness = ({ state }: Stage) => STAGE_STATES.indexOf(state)

function orderBroken(stage: Stage, before: Stage | undefined): [string, string][] {
  if (!before) return []
  const milder = hardness(stage) < hardness(before)
  const sooner = stage.days !== null && before.days !== null && stage.days < before.days
  return [
    ...(milder ? [['state', `is milder than “${before.state}” of the stage before`] as [string, string]] : []),
    ...(sooner ? [['days', 'is sooner than the stage before'] as [string, string]] : []),
  ]
}

/**
 * No rule is skipped: what a stage says must have been said before a harder one begins. What the page of a closed appliance
 * says is waited for by name only: nobody need come and read it.
 */
function noticesBroken(terms: Terms, stage: Stage, earlier: readonly Stage[]): [string, string][] {
  const said = earlier.flatMap(({ notice }) => (notice === null ? [] : [notice]))
  const awaited = stage.after.flatMap(({ notices }) => notices)
  const lastSaid = earlier.findLast(
    (one) => one.notice !== null && one.effects.blocked === null && hardness(one) < hardness(stage),
  )
  const awaitedSoFar = [...awaited, ...earlier.flatMap(({ after }) => after.flatMap(({ notices }) => notices))]
  const skipped = lastSaid && !awaitedSoFar.some((id) => id === lastSaid.notice || id === ORDER_NOTICE)
  return [
    ...(stage.notice !== null && !terms.notices[stage.notice]
      ? [['notice', `names a notice that is not there: ${stage.notice}`] as [string, string]]
      : []),
    ...awaited
      .filter((id) => id !== ORDER_NOTICE && !said.includes(id))
      .map((id): [string, string] => ['after', `waits for “${id}”, which no stage before it says`]),
    ...(skipped
      ? [['id', `is harder, but does not wait for “${lastSaid.notice}” to be shown`] as [string, string]]
      : []),
  ]
}

const isLanguage = (tag: string) => {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false
  }
}

const twice = (names: readonly string[]) => names.flatMap((name, index) => (names.indexOf(name) < index ? [index] : []))

const strangePlaceholders = (text: string): string[] =>
  [...text.matchAll(/\{(\w*)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !PLACEHOLDERS.includes(name))
    .map((name) => `has an unknown placeholder {${name}}`)
