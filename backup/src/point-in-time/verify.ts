/** What `verify` found. Its exit code says nothing: it is 0 over a damaged repository, too. */
export interface Verified {
  readonly ok: boolean
  /** What is damaged, each file by its name in the repository, at most 50. */
  readonly problems: readonly string[]
}

const MOST = 50
const DAMAGE = /^\S+ \S+ P\d+ +(?:INFO|WARN|ERROR): ((?:\[\d+\]|invalid|missing|file missing|unable|no usable).*)$/i
const STATUS = /^\s*status: (\w+)\s*$/m
const NOTHING_USABLE = /^\s*(No usable .*)$/
const COUNTED = /(?:missing|checksum invalid|size invalid|other): [1-9]/

/**
 * @param text what `verify --output=text --verbose --log-level-console=info` printed
 * @param exitCode of it: everything but 0 is a failure in any case
 */
export function parseVerify(text: string, exitCode: number): Verified {
  const lines = text.split('\n')
  const named = lines.flatMap((line) => (DAMAGE.exec(line) ?? NOTHING_USABLE.exec(line))?.[1] ?? [])
  const healthy = exitCode === 0 && STATUS.exec(text)?.[1] === 'ok' && !COUNTED.test(text)
  if (healthy && named.length === 0) return { ok: true, problems: [] }
  const problems = [...new Set(named.map(plain))].slice(0, MOST)
  return { ok: false, problems: problems.length > 0 ? problems : [`verify ended with ${exitCode} and named nothing`] }
}

/** Without what a wrong key makes of a file, which is anything, and bounded. */
export const plain = (text: string): string =>
  text
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 300)
