#!/usr/bin/env node
import { report } from '../src/appliance-command.ts'
import { main } from '../src/main.ts'

const argv = process.argv.slice(2)
main(argv).catch((error: Error & { oclif?: { exit?: number } }) => {
  // oclif says by such an error that it has printed help or the version and is done.
  if (error.oclif?.exit === 0) return
  report(error, argv.includes('--json'))
})
