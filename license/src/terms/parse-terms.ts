import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type * as z from 'zod/mini'
import { LicenceRefusal } from '../refusal.ts'
import { lawsBroken, type Problem } from './laws.ts'
import { type TermsProfile, termsProfileSchema } from './schema.ts'
import type { Stage, Terms } from './terms.ts'

/** Largest profile that is read, in bytes: it travels inside every licence. */
export const TERMS_MAX_BYTES = 65_536

/**
 * Reads a terms profile.
 * @throws LicenceRefusal TERMS_INVALID that lists every problem as `line N path: message`
 */
export function parseTerms(text: string): Terms {
  if (Buffer.byteLength(text) > TERMS_MAX_BYTES) throw refusal([`it is larger than ${TERMS_MAX_BYTES} bytes`])
  const lines = new LineCounter()
  const { content, root } = decode(text, lines)
  const inLines = (problems: readonly Problem[]) =>
    problems.map(({ path, message }) => {
      const { line } = lines.linePos(offsetOf(root, path))
      return `line ${line}, ${path.join('.') || 'the profile'} ${message}`
    })
  const result = termsProfileSchema.safeParse(content)
  if (!result.success) throw refusal(inLines(result.error.issues.flatMap(plainly)))
  const terms = { ...result.data, tracks: result.data.tracks.map(trackOf) }
  const broken = lawsBroken(terms)
  if (broken.length > 0) throw refusal(inLines(broken))
  return terms
}

function decode(text: string, lineCounter: LineCounter): { content: unknown; root: unknown } {
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true })
  if (document.errors.length > 0) {
    throw refusal(document.errors.map(({ pos, message }) => `line ${lineCounter.linePos(pos[0]).line}: ${message}`))
  }
  try {
    return { content: document.toJS({ maxAliasCount: 0 }), root: document.contents }
  } catch (error) {
    throw refusal([`it cannot be read: ${(error as Error).message}`])
  }
}

const trackOf = (track: TermsProfile['tracks'][number]) => ({
  ...track,
  stages: track.stages.map(
    (stage): Stage => ({
      ...stage,
      days: stage.days ?? null,
      after: [stage.after ?? []].flat().map(({ notice, days }) => ({ notices: [notice].flat(), days })),
      notice: stage.notice ?? null,
      effects: stage.effects ?? { readOnly: false, blocked: null, purge: false, noUpgrades: false },
      clause: stage.clause ?? track.clause,
    }),
  ),
})

/** One sentence about each thing that the schema does not like; the small build of its library has none of its own. */
function plainly(issue: z.core.$ZodIssue): Problem[] {
  const { path } = issue
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: 'is not known here' }))
    case 'invalid_value':
      return [{ path, message: `must be one of: ${issue.values.join(', ')}` }]
    case 'invalid_type':
      return [{ path, message: `must be given, as ${issue.expected}` }]
    case 'too_small':
      return [{ path, message: `must be at least ${issue.minimum}` }]
    case 'too_big':
      return [{ path, message: `must be at most ${issue.maximum}` }]
    default:
      return [
        { path, message: issue.message === 'Invalid input' ? 'has a form that is not known here' : issue.message },
      ]
  }
}

/** Where a path stands in the text: the key itself when it is there, else its nearest parent that is. */
function offsetOf(root: unknown, path: readonly PropertyKey[]): number {
  let node = root as Node | null
  let offset = node?.range?.[0] ?? 0
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (!pair) break
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value as Node | null
    } else if (node && 'items' in node && typeof key === 'number') {
      node = ((node.items as unknown[])[key] as Node | undefined) ?? null
      offset = node?.range?.[0] ?? offset
    } else break
  }
  return offset
}

const refusal = (problems: readonly string[]) =>
  new LicenceRefusal(`The terms are not valid: ${problems.join('; ').replaceAll(/\s+/g, ' ')}`, {
    code: 'TERMS_INVALID',
    hint: 'Correct the lines named above. The terms are part of the licence: ask the vendor when they came with it.',
    kind: 'unreadable',
  })
