/** One JSON line per event on stdout; `fields` never hold a key, a certificate request or a body. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void

export const jsonLog =
  (clock: () => Date): Log =>
  (event, fields = {}) => {
    process.stdout.write(`${JSON.stringify({ time: clock().toISOString(), event, ...fields })}\n`)
  }

export const messageOf = (error: unknown): string =>
  (error instanceof Error && error.message) || String(error) || 'unknown failure'
