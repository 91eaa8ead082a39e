import { benchBackup } from './backup.ts'
import { benchCli } from './cli.ts'
import { benchGate } from './gate.ts'
import { benchIdle } from './idle.ts'
import { benchInstall } from './install.ts'
import { benchLedger } from './ledger.ts'
import { benchSeats } from './seats.ts'

/**
 * `npm run bench install|cli|idle|seats|gate|ledger|backup`: figures of this machine, each beside its peer in the same run.
 * `--small` tries a benchmark itself where it can. Never part of CI.
 */
const BENCHES: Readonly<Record<string, (options: { small: boolean }) => Promise<void>>> = {
  install: benchInstall,
  cli: benchCli,
  idle: benchIdle,
  seats: benchSeats,
  gate: benchGate,
  ledger: benchLedger,
  backup: benchBackup,
}

const names = process.argv.slice(2).filter((word) => word !== '--small')
const small = process.argv.includes('--small')
const unknown = names.filter((name) => !(name in BENCHES))
if (names.length === 0 || unknown.length > 0) {
  console.error(`Say which: npm run bench ${Object.keys(BENCHES).join(' | ')}`)
  process.exit(2)
}
for (const name of names) await BENCHES[name]?.({ small })
