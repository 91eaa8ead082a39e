/** SQLSTATE or the code of the system. All that the record says of an error: its text may quote what is stored somewhere. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[A-Z0-9_]{3,40}$/.test(code) ? code : 'LOST'
}
