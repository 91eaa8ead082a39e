import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import type { z } from 'zod'
import { ExitCode, UserError } from '../kernel/index.ts'

/** Largest YAML document that is read, in bytes: a manifest is a page or two, anything larger is an attack or a mistake. */
const MAX_BYTES = 1024 * 1024

/** One thing wrong with a file, at a place a person can go to. Lines and columns start at 1. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

/**
 * Parses YAML text and checks it against a schema.
 * @throws UserError STACK_INVALID (exit 2) that lists every problem as `file:line:column path: message`.
 */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>): T {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw invalid([{ file, line: 1, column: 1, path: '', message: `is larger than ${MAX_BYTES} bytes` }])
  }
  const lines = new LineCounter()
  const { document, content } = decode(text, file, lines)
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  if (document.errors.length > 0) {
    throw invalid(document.errors.map((error) => ({ ...at(error.pos[0]), path: '', message: error.message })))
  }
  const result = schema.safeParse(content)
  if (result.success) return result.data

  const problems = result.error.issues.flatMap(plainly).flatMap((issue) => {
    const unknown = issue.code === 'unrecognized_keys'
    const paths = unknown ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
    const message = unknown ? 'is not supported here' : issue.message
    return paths.map((path) => ({ ...at(offsetOf(document.contents, path)), path: path.join('.'), message }))
  })
  throw invalid(problems)
}

/** Refuses what is made to exhaust who reads it: aliases of aliases, thousands of nested brackets. */
function decode(text: string, file: string, lineCounter: LineCounter) {
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true })
    return {
      document,
      content: document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 100 }) as unknown),
    }
  } catch (error) {
    throw invalid([{ file, line: 1, column: 1, path: '', message: `cannot be read: ${(error as Error).message}` }])
  }
}

/** Of a value that may have several forms, what is wrong with the form that was meant: the one of the right type. */
function plainly(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const meant = issue.errors.find(
    (errors) => !errors.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  )
  return (meant ?? []).length === 0
    ? [issue]
    : (meant ?? []).flatMap((inner) => plainly({ ...inner, path: [...issue.path, ...inner.path] }))
}

export function invalid(problems: readonly Problem[]): UserError {
  const text = problems.map(({ file, line, column, path, message }) =>
    `${file}:${line}:${column} ${path} ${message}`.replaceAll(/\s+/g, ' '),
  )
  return new UserError(`The stack is not valid.\n${text.join('\n')}`, {
    code: 'STACK_INVALID',
    hint: 'Correct the lines named above; docs/reference/stack.md lists every key that is supported.',
    exitCode: ExitCode.Usage,
  })
}

/** Where a path stands in the text: the key itself when it exists, else its nearest existing parent. */
function offsetOf(root: unknown, path: readonly PropertyKey[]): number {
  let node = root as Node | null
  let offset = node?.range?.[0] ?? 0
  for (const key of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(key),
      )
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
