import type { Chain } from './claims.ts'

/**
 * How two reports of usage stand to each other. `same`: nothing happened between them. `continued`: the longer one goes on
 * where the shorter ended. `forked`: one beginning and different continuations, so one of the two was made on a copy of the
 * other or on a backup that was restored. `foreign`: two installations that have nothing to do with each other.
 */
export type Kinship = 'same' | 'continued' | 'forked' | 'foreign'

/** In either order: the longer one is taken for the later. */
export function compareChains(a: Chain, b: Chain): Kinship {
  if (a.genesis !== b.genesis) return 'foreign'
  if (a.length === b.length) return a.head === b.head ? 'same' : 'forked'
  const [earlier, later] = a.length < b.length ? [a, b] : [b, a]
  // A hash stands for one line at one place: equal hashes, equal lengths.
  return later.checkpoints.some(({ hash }) => hash === earlier.head) ? 'continued' : 'forked'
}
