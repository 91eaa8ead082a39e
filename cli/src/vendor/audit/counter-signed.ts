import { licencesIn, type Reporter, type VendorKeys } from '@domicile/license/audit'
import type { RecordLine } from '@domicile/license/record'

/** The vendor's word that a record stood so once: everything up to that line is fixed since then. */
export interface CounterSignature {
  readonly jti: string
  /** When the vendor signed, ISO 8601. */
  readonly at: string
  /** Lines of the record that it speaks of. */
  readonly length: number
  /** Licence time of the last of them; null: the record has no such line. */
  readonly lineAt: string | null
  /** The record has these very lines. */
  readonly fits: boolean
}

/** Those that were brought in and count, in order. */
export function counterSignatures(
  lines: readonly RecordLine[],
  vendorKeys: VendorKeys,
  reporter: Reporter,
): CounterSignature[] {
  return licencesIn(lines, vendorKeys, reporter).anchors.map(({ jti, iat, genesis, length, head }) => ({
    ...{ jti, at: new Date(iat * 1000).toISOString(), length },
    lineAt: lines[length - 1]?.at ?? null,
    fits: lines[0]?.hash === genesis && lines[length - 1]?.hash === head,
  }))
}
