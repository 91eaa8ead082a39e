/** Every command by what is typed, each loaded when it is called: a start reads one file, not all of them. */
type Loader = () => Promise<{ default: { id: string } }>

export const COMMANDS: Readonly<Record<string, Loader>> = {
  'audit-trail:verify': () => import('./audit-trail/verify.ts'),
}
