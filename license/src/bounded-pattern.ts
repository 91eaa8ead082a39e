/**
 * Why a regular expression must not be run on what strangers send, or null when it may: it has to compile, to begin at the
 * beginning, and to hold no repetition of something that itself varies, which is where matching takes for ever.
 */
export function boundedPattern(source: string, groups: readonly string[]): string | null {
  try {
    new RegExp(source, 'u')
  } catch (error) {
    return error instanceof Error ? error.message : 'is no regular expression'
  }
  if (!source.startsWith('^')) return 'must begin with ^'
  const missing = groups.find((group) => !source.includes(`(?<${group}>`))
  if (missing) return `must have a group (?<${missing}>…)`
  if (/\\[1-9k]/.test(source)) return 'must not refer back to a group'
  if (/\(\?<?[=!]/.test(source)) return 'must not look around'
  return repeatsSomethingVarying(source) ? 'must not repeat a group that varies' : null
}

const REPEATS = /^(?:[*+?]|\{\d)/

function repeatsSomethingVarying(source: string): boolean {
  const plain = source
    // What is escaped or in a class stands for one character.
    .replaceAll(/\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gu, 'a')
    .replaceAll(/\[[^\]]*\]/gu, 'a')
    .replaceAll(/\(\?(?:<\w+>|:)/g, '(')
  const varies: boolean[] = []
  for (const [index, character] of [...plain].entries()) {
    if (character === '(') varies.push(false)
    else if (character === ')') {
      const inner = varies.pop() ?? false
      if (inner && REPEATS.test(plain.slice(index + 1))) return true
      if (inner && varies.length > 0) varies[varies.length - 1] = true
    } else if (varies.length > 0 && (character === '|' || REPEATS.test(plain.slice(index)))) {
      varies[varies.length - 1] = true
    }
  }
  return false
}
