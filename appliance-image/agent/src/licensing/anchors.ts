import type { Claims } from '@domicile/license/document'
import type { Chronicle, Found } from './chronicle.ts'

/**
 * Holds the record against what the vendor counter-signed: whoever puts it back to an earlier state can make every line of
 * it again with the installation's key, but none that the vendor has signed. Nobody's work hangs on it.
 */
export class Anchors {
  /** By `jti`: a line that was there stays there, and looking it up reads the whole record. */
  readonly #checked = new Map<string, Found | null>()

  /** What the record lacks of it. */
  check(anchors: readonly Claims<'anchor'>[], record: Pick<Chronicle, 'chain' | 'lacking'>): Found[] {
    const fresh = anchors.filter(({ jti }) => !this.#checked.has(jti))
    const asked = fresh.map(({ jti, length, head }) => ({ jti, n: length, hash: head }))
    const gone = new Set(record.lacking(asked).map(({ jti }) => jti))
    for (const anchor of fresh) {
      const there = record.chain?.genesis === anchor.genesis && !gone.has(anchor.jti)
      this.#checked.set(anchor.jti, there ? null : putBack(anchor))
    }
    return anchors.map(({ jti }) => this.#checked.get(jti)).filter((found) => found != null)
  }
}

function putBack({ jti, length }: Claims<'anchor'>): Found {
  return {
    data: { with: 'record', code: 'RECORD_PUT_BACK', anchor: jti },
    advice: {
      code: 'RECORD_PUT_BACK',
      message: `The vendor counter-signed line ${length} of this installation's record, which is not in it: it was put back to an earlier state, or this is a copy.`,
      hint: 'Everything goes on as before. Tell the vendor if you restored an old copy of the volume, or moved to another server and left the first one running.',
    },
  }
}
