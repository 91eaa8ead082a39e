import * as z from 'zod/mini'

/** What the files of a ledger may say; nothing beyond it is read. */

/** More columns than a manifest may have meters, with room for those of the appliance itself. */
const MOST_COLUMNS = 200

const meterName = z
  .string()
  .check(z.regex(/^(?!__proto__)[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/, 'must be the name of a meter'))

/** Integers that every reader of JSON reads alike. */
const number = z.int()
/** Of up to 1440 such; beyond 2^53 as near as a double is, and both sides add in the same order. */
const sum = z.number().check(z.refine(Number.isInteger, 'must be whole'), z.minimum(-1e20), z.maximum(1e20))
const upTo = (most: number) => z.int().check(z.minimum(0), z.maximum(most))
const digits = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'))
const day = z.iso.date()
const hourOfDay = z.string().check(
  z.regex(/^\d{4}-\d\d-\d\dT([01]\d|2[0-3])$/),
  z.refine((hour) => !Number.isNaN(Date.parse(`${hour}:00Z`))),
)

const byMeter = <T extends z.ZodMiniType>(value: T) =>
  z
    .record(meterName, value)
    .check(z.refine((entries) => Object.keys(entries).length <= MOST_COLUMNS, 'must not be of so many meters'))
const meterNames = z.array(meterName).check(z.maxLength(MOST_COLUMNS))

export const columnsSchema = z
  .strictObject({ day, levels: meterNames, counts: meterNames, limits: byMeter(upTo(Number.MAX_SAFE_INTEGER)) })
  .check(
    z.refine(({ levels, counts }) => new Set([...levels, ...counts]).size === levels.length + counts.length, {
      error: 'must not name a column twice',
    }),
  )

export const flowSchema = z.strictObject({ hour: hourOfDay, counts: byMeter(number) })

const levelSummary = (minutes: number) =>
  z
    .tuple([number, number, sum, upTo(minutes), upTo(minutes)])
    .check(z.refine(([least, greatest, , known, over]) => least <= greatest && known > 0 && over <= known))

const hourEntry = z
  .strictObject({
    hour: upTo(23),
    samples: upTo(60),
    limits: byMeter(upTo(Number.MAX_SAFE_INTEGER)),
    levels: byMeter(levelSummary(60)),
    counts: byMeter(sum),
  })
  .check(
    z.refine(
      ({ samples, levels }) => samples > 0 && Object.values(levels).every(([, , , known]) => known <= samples),
      'must not know more minutes than were sampled',
    ),
  )

export const hoursSchema = z
  .strictObject({
    version: z.literal(1),
    day,
    hours: z
      .array(hourEntry)
      .check(z.refine((hours) => hours.every(({ hour }, index) => hour > (hours[index - 1]?.hour ?? -1)), 'in order')),
    flows: z.array(flowSchema).check(z.maxLength(10_000)),
  })
  .check(z.refine(({ day: own, flows }) => flows.every(({ hour }) => hour.slice(0, 10) <= own), 'must not look ahead'))

/** A level's summary in a row of numbers. */
export const SUMMARY_NUMBERS = 5

const part = z
  .strictObject({
    limits: byMeter(upTo(Number.MAX_SAFE_INTEGER)),
    levels: meterNames,
    counts: meterNames,
    hours: z.array(z.array(z.number())).check(z.maxLength(24)),
  })
  .check(
    z.refine(({ levels, counts, hours }) => {
      const columns = 2 + SUMMARY_NUMBERS * levels.length + counts.length
      return hours.every((row) => row.length === columns)
    }, 'must have a value for each column'),
  )
const writtenFlows = z.strictObject({ counts: meterNames, hours: z.array(z.tuple([z.string()], z.number())) }).check(
  z.refine(({ counts, hours }) => hours.every((row) => row.length === counts.length + 1), {
    error: 'must have a value for each column',
  }),
)

/** Of the text alone; what the numbers mean is checked by `hoursSchema`. */
export const writtenDaySchema = z.strictObject({
  version: z.literal(1),
  day,
  parts: z.array(part).check(z.maxLength(24)),
  flows: z.array(writtenFlows).check(z.maxLength(10_000)),
})

export const sealSchema = z.strictObject({
  day,
  lines: upTo(1_000_000),
  head: digits,
  hours: digits,
  samples: upTo(1440),
  levels: byMeter(levelSummary(1440)),
  counts: byMeter(sum),
  signature: z.string().check(z.regex(/^[A-Za-z0-9_-]{86}$/)),
})

/** The first thing that is wrong, and where, in words. */
export const whyNot = ({ issues: [first] }: z.core.$ZodError): string =>
  first ? `${first.path.map(String).join('.') || 'it'}: ${first.message}` : 'it is not what it should be'
