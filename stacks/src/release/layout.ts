/**
 * What a release file holds, in this order. It is a plain POSIX tar, so that a person can check it with nothing but
 * Debian's own programs:
 *
 *     tar -xf erp-7.0.30.release
 *     minisign -V -m SHA256SUMS -p vendor.pub      # prints e.g. "Trusted comment: domicile release erp 7.0.30 sequence 12"
 *     sha256sum --check --strict SHA256SUMS
 *
 * `domicile release verify` demands more: nothing beside what SHA256SUMS lists, in exactly the bytes that packing makes.
 */

const MiB = 2 ** 20

export const SUMS = 'SHA256SUMS'
export const SIGNATURE = 'SHA256SUMS.minisig'
export const RELEASE = 'release.json'
export const IMAGES = 'images.tar.zst'

/** Upper bounds; what exceeds them is refused before it is read. */
export const LIMITS = {
  entries: 2000,
  /** Everything that is kept in memory, together. */
  inMemoryBytes: 64 * MiB,
  /** The largest size a ustar header can state, 8 GiB less one byte. */
  entryBytes: 8 * 2 ** 30 - 1,
  keyLists: 99,
} as const

interface Kind {
  readonly pattern: RegExp
  readonly limitBytes: number
}

/** Allowed names, in the order of the file; within a kind, names ascend. */
const KINDS: readonly Kind[] = [
  { pattern: /^SHA256SUMS$/, limitBytes: MiB },
  { pattern: /^SHA256SUMS\.minisig$/, limitBytes: 16 * 1024 },
  { pattern: /^keys\/[0-9]{2}\.json(\.minisig)?$/, limitBytes: 64 * 1024 },
  { pattern: /^release\.json$/, limitBytes: 4 * MiB },
  { pattern: /^stack(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/, limitBytes: 16 * MiB },
  { pattern: /^sbom\/[a-z0-9][a-z0-9._-]*\.cdx\.json$/, limitBytes: 16 * MiB },
  { pattern: /^images\.tar\.zst$/, limitBytes: LIMITS.entryBytes },
]

/** A ustar header holds a hundred bytes of name. */
const NAME_BYTES = 100

const rankOf = (name: string): number =>
  name.length > NAME_BYTES ? -1 : KINDS.findIndex(({ pattern }) => pattern.test(name))

export const isAllowedName = (name: string): boolean => rankOf(name) >= 0

/** @returns bytes an entry of that name may have; 0 for a name that is not allowed */
export const limitBytes = (name: string): number => KINDS[rankOf(name)]?.limitBytes ?? 0

/** Compares two allowed names by their place in the file. */
export const byPlace = (a: string, b: string): number => rankOf(a) - rankOf(b) || (a < b ? -1 : a > b ? 1 : 0)

/** Whether every name is allowed, none comes twice, and they stand in order. */
export const isInOrder = (names: readonly string[]): boolean =>
  names.every((name, index) => isAllowedName(name) && (index === 0 || byPlace(names[index - 1] ?? '', name) < 0))

export const keyListName = (index: number): string => `keys/${String(index + 1).padStart(2, '0')}.json`
