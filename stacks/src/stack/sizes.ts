import { z } from 'zod'

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** `"64m"`, `"2GiB"`, `"512"` or a number of bytes, as Compose and the manifest write them; bytes. Powers of 1024. */
export function parseSize(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? value : undefined
  const match = /^(\d+(?:\.\d+)?)\s*(?:([bkmgt])(?:i?b)?)?$/i.exec(value.trim())
  const unit = UNITS[(match?.[2] ?? 'b').toLowerCase()]
  const bytes = match?.[1] && unit ? Math.round(Number(match[1]) * unit) : 0
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}

/** `"10s"`, `"1m30s"`, `"500ms"` as Compose writes them; milliseconds. */
export function parseDuration(value: string): number | undefined {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|us|s|m|h)/g)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== value) return undefined
  const factors: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (factors[unit ?? ''] ?? 0), 0)
}

/** The schema keeps the text as it was written and hands out bytes. */
export const sizeSchema = z.union([z.string(), z.number()]).transform((value, context) => {
  const bytes = parseSize(value)
  if (bytes === undefined) context.addIssue(`"${value}" is not a size; write for example 512MiB or 2GiB`)
  return bytes ?? 0
})

export const durationSchema = z.string().transform((value, context) => {
  const milliseconds = parseDuration(value)
  if (milliseconds === undefined) context.addIssue(`"${value}" is not a duration; write for example 10s or 1m30s`)
  return milliseconds ?? 0
})
