/** The little of TypeScript's grammar that finding messages in sources takes: brackets, strings and templates. */

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Index just behind the string, template, comment or bracket that begins at `start`; `start + 1` for anything else. */
export function skip(source: string, start: number): number {
  const first = source[start] ?? ''
  if (source.startsWith('//', start)) return endOf(source, '\n', start)
  if (source.startsWith('/*', start)) return endOf(source, '*/', start)
  if (first === "'" || first === '"') return skipString(source, start)
  if (first === '`') return skipTemplate(source, start)
  const close = PAIRS[first]
  if (!close) return start + 1
  let at = start + 1
  while (at < source.length && source[at] !== close) at = skip(source, at)
  return at + 1
}

const endOf = (source: string, mark: string, from: number) => {
  const found = source.indexOf(mark, from)
  return found < 0 ? source.length : found + mark.length
}

function skipString(source: string, start: number): number {
  let at = start + 1
  while (at < source.length && source[at] !== source[start]) at += source[at] === '\\' ? 2 : 1
  return at + 1
}

function skipTemplate(source: string, start: number): number {
  let at = start + 1
  while (at < source.length && source[at] !== '`') {
    if (source.startsWith('${', at)) at = skip(source, at + 1)
    else at += source[at] === '\\' ? 2 : 1
  }
  return at + 1
}

/** The parts between the brackets that open at `open`, split at the commas of that level. */
export function parts(source: string, open: number): string[] {
  const end = skip(source, open) - 1
  const found: string[] = []
  let from = open + 1
  for (let at = from; at < end; ) {
    if (source[at] === ',') {
      found.push(source.slice(from, at))
      from = at + 1
    }
    at = skip(source, at)
  }
  return [...found, source.slice(from, end)].map((part) => part.trim()).filter(Boolean)
}

/**
 * What an expression may evaluate to, as far as it is written out: one text per branch of a conditional, joined where
 * texts are added; `…` stands for every value that is known at run time only.
 */
export function texts(expression: string): string[] {
  const found: string[] = []
  let added = false
  for (let at = 0; at < expression.length; ) {
    const end = skip(expression, at)
    const first = expression[at]
    if (first === "'" || first === '"' || first === '`') {
      const text = plain(expression.slice(at + 1, end - 1))
      if (added) found.push(`${found.pop() ?? ''}${text}`)
      else found.push(text)
      added = false
    } else if (first === '+') added = true
    at = end
  }
  return found
}

function plain(literal: string): string {
  let text = ''
  for (let at = 0; at < literal.length; ) {
    if (literal.startsWith('${', at)) {
      text += '…'
      at = skip(literal, at + 1)
    } else if (literal[at] === '\\') {
      text += literal[at + 1] === 'n' ? ' ' : (literal[at + 1] ?? '')
      at += 2
    } else {
      text += literal[at]
      at += 1
    }
  }
  return text
}
