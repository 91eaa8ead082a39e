/** `20261122T013000Z-3f9a1c`: the second in which the run began, UTC, and six hexadecimal digits that tell two of one second apart. */
export const RUN_ID = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/

/** @param digits six hexadecimal digits, random */
export const runIdAt = (at: Date, digits: string): string =>
  `${at.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '')}Z-${digits}`
