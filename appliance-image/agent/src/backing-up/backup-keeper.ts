import { begun, noted, type Operation } from '@domicile/backup/schedule'
import { type Log, messageOf } from '../log.ts'
import type { BackupStatus, VerbRequest } from '../protocol.ts'
import { type Helper, HelperBusy } from './helper-client.ts'
import type { Plan } from './planner.ts'
import type { Kept, ScheduleFile } from './schedule-file.ts'

export interface BackupKeeperPorts {
  readonly helper: Helper
  /** Whether there is a socket to ask at: looked at without waking anybody. */
  readonly reachable: () => boolean
  readonly file: ScheduleFile
  /** What is due at an instant, as the contract and the admin want it. */
  readonly plan: (kept: Kept, now: Date) => Promise<Plan>
  readonly clock: () => Date
  readonly log: Log
}

type Note = VerbRequest<'backup-note'>

/** A plan is made anew after so long: something may be late by now, and the contract another one. */
const PLAN_MS = 300_000

/** A socket that was not there so often is gone. */
const MISSED_LOOKS = 5

/** Decides when the appliance's backups are made, asks the host's helper for each, and knows how they are. */
export class BackupKeeper {
  readonly #ports: BackupKeeperPorts
  #kept: Kept
  #planned: { readonly plan: Plan; readonly kept: Kept; readonly at: number } | null = null
  /** Looks in a row without a socket. */
  #missed = 0
  /** What ended so soon that its end came before the answer to who asked. */
  #endedId: string | null = null

  static async open(ports: BackupKeeperPorts): Promise<BackupKeeper> {
    return new BackupKeeper(ports, await ports.file.read(ports.clock()))
  }

  private constructor(ports: BackupKeeperPorts, kept: Kept) {
    this.#ports = ports
    this.#kept = kept
  }

  /** Looks once whether something is to be done. A helper that is not there is no failure of this: it is said. */
  run = async (): Promise<void> => {
    await this.#act()
    await this.#alert()
  }

  async #act(): Promise<void> {
    const { reachable } = this.#ports
    if (this.#kept.asked && (await this.#isAtWork(this.#kept.asked.id))) return
    const { due } = await this.#plan()
    if (due && this.#kept.schedule.running === null) await this.#ask(due)
    else await this.#look(reachable())
  }

  /** Told on once when something turns bad, and once when it is well again. Who cannot be told now is told later. */
  async #alert(): Promise<void> {
    const { findings } = await this.status()
    const bad = findings.filter(({ severity }) => severity === 'fail').map(({ code }) => code)
    const alerted = [...new Set(bad)].sort()
    if (alerted.join() === this.#kept.alerted.join() || !this.#ports.reachable()) return
    this.#ports.log('backup-alert', { codes: alerted })
    const told = await this.#ports.helper.alert().then(
      () => true,
      () => false,
    )
    if (told) await this.#keep({ alerted })
  }

  /** An installation that is under way and a restart of the socket take moments. */
  async #look(there: boolean): Promise<void> {
    this.#missed = there ? 0 : this.#missed + 1
    if (this.#missed >= MISSED_LOOKS) await this.#gone(true, 'there is no socket')
    else if (there && !this.#kept.asked) await this.#gone(false)
  }

  /** How something ended, whoever had begun it. */
  note = async ({ id, operation, outcome, code, run, summary }: Note): Promise<void> => {
    this.#ports.log('backup-ended', { operation, outcome, code, run })
    if (id !== null) this.#endedId = id
    const { asked } = this.#kept
    // A person who tried the same meanwhile learnt that it is at work: nothing has ended.
    if (asked?.operation === operation && asked.id !== id && code === 'LOCKED') return
    await this.#ended(operation, { outcome, code, summary })
  }

  async status(): Promise<BackupStatus> {
    const { summary, running } = this.#kept.schedule
    const plan = await this.#plan().catch((error) => ({ next: null, findings: [unplanned(messageOf(error))] }))
    return {
      lastSnapshot: summary.snapshot?.at ?? null,
      lastProof: summary.proof?.at ?? null,
      next: plan.next && { what: plan.next.operation, at: plan.next.at },
      running: running && { what: running.operation, since: running.since },
      findings: plan.findings,
    }
  }

  /** Made anew when anything has happened, when its next time has come, and after a while. @throws Error when it cannot be made */
  async #plan(): Promise<Plan> {
    const kept = this.#kept
    const now = this.#ports.clock()
    const made = this.#planned
    const age = made ? now.getTime() - made.at : 0
    const holds =
      made?.kept === kept &&
      age >= 0 &&
      age < PLAN_MS &&
      (made.plan.due !== null || now.toISOString() < made.plan.next.at)
    if (made && holds) return made.plan
    const plan = await this.#ports.plan(kept, now)
    this.#planned = { plan, kept, at: now.getTime() }
    return plan
  }

  async #ask(operation: Operation): Promise<void> {
    const { helper, clock, log } = this.#ports
    const at = clock()
    try {
      const { id } = await helper.ask(operation)
      log('backup-begun', { operation, id })
      await this.#gone(false)
      if (id === this.#endedId) return
      await this.#keep({ schedule: begun(this.#kept.schedule, operation, at), asked: { id, operation } })
    } catch (error) {
      if (!(error instanceof HelperBusy)) return this.#gone(true, messageOf(error))
      log('backup-waits', { operation, message: messageOf(error) })
      await this.#gone(false)
      await this.#ended(operation, { outcome: 'refused', code: 'LOCKED', summary: null })
    }
  }

  /**
   * Whether the helper still works on what it took on. One that was killed, or that a reboot took away, is started by the
   * question and knows nothing of it: then it is over. Where nobody answers it cannot be known, and nothing else is asked.
   */
  async #isAtWork(id: string): Promise<boolean> {
    const { helper } = this.#ports
    const busy = await helper.ping().then(
      (pong) => ({ id: pong.busy?.id ?? null }),
      (error: unknown) => ({ gone: messageOf(error) }),
    )
    await this.#gone('gone' in busy, 'gone' in busy ? busy.gone : '')
    const { asked } = this.#kept
    // Its end may have come meanwhile.
    if (asked?.id !== id) return false
    if ('gone' in busy) return true
    if (busy.id === id) return true
    await this.#ended(asked.operation, { outcome: 'failed', code: 'INTERRUPTED', summary: null })
    return false
  }

  async #ended(operation: Note['operation'], ending: Pick<Note, 'outcome' | 'code' | 'summary'>): Promise<void> {
    const { schedule, asked, brokenAt } = this.#kept
    await this.#keep({
      // By the agent's own clock: whatever is decided by it is decided by one clock.
      schedule: noted(schedule, { ...ending, operation, at: this.#ports.clock().toISOString() }),
      asked: asked?.operation === operation ? null : asked,
      brokenAt: ending.summary ? null : brokenAt,
    })
  }

  /** Written down only when it changes. */
  async #gone(isGone: boolean, message = ''): Promise<void> {
    if (isGone === (this.#kept.goneSince !== null)) return
    this.#ports.log(isGone ? 'backup-helper-gone' : 'backup-helper-back', isGone ? { message } : {})
    await this.#keep({ goneSince: isGone ? this.#ports.clock().toISOString() : null })
  }

  #keep(change: Partial<Kept>): Promise<void> {
    this.#kept = { ...this.#kept, ...change }
    return this.#ports.file.write(this.#kept)
  }
}

const unplanned = (why: string): BackupStatus['findings'][number] => ({
  ...{ code: 'BACKUP_UNPLANNED', severity: 'fail', message: `The agent cannot say what is due: ${why}` },
  hint: 'See the log: `domicile logs agent`; then `domicile restart agent`.',
})
