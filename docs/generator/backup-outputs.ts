import { PERIODS } from '@domicile/backup/calendar'
import { drillSchema, proofSchema } from '@domicile/backup/proof'
import { snapshotSchema } from '@domicile/backup/snapshot'
import type * as printed from '@domicile/cli/printed'
import { z } from 'zod'
import type { Same } from './same.ts'

/** What the commands about backups print with `--json`. Instants are in UTC; days, weeks and months are those of the time zone in which snapshots are kept. */

const instant = z.string().describe('ISO 8601 in UTC.')
const day = z.string().describe('YYYY-MM-DD.')
const run = z.string().describe('Run id of a snapshot.')
const period = z.enum(PERIODS)
const steps = z.array(z.object({ title: z.string(), seconds: z.number() })).describe('What was done, with times.')
const keep = z.object({ days: z.number(), weeks: z.number(), months: z.number() })

const snapshot = z.object(snapshotSchema.shape)

const reason = z.discriminatedUnion('code', [
  z.object({ code: z.literal('STANDS_FOR'), period, name: z.string(), until: day }),
  z.object({ code: z.literal('AFTER_PAUSE'), have: z.number(), wanted: z.number() }),
  z.object({ code: z.literal('HELD'), why: z.string() }),
  z.object({ code: z.literal('FINAL') }),
  z.object({ code: z.literal('WAY_BACK'), kind: z.enum(['pre-upgrade', 'pre-restore']), until: day }),
  z.object({ code: z.literal('NEWEST_PROVEN') }),
  z.object({ code: z.literal('NEWER_THAN_PROVEN'), proven: run }),
  z.object({ code: z.literal('NONE_PROVEN') }),
  z.object({ code: z.literal('OF_FUTURE') }),
  z.object({ code: z.literal('REFUSED'), refused: z.string(), until: day }),
  z.object({ code: z.literal('NEWER_IN_PERIOD'), period, name: z.string(), run }),
  z.object({ code: z.literal('OVER'), period: period.nullable(), name: z.string(), until: day }),
])
const verdict = {
  keep: z.boolean().describe('false: it goes when the next night ends well.'),
  reasons: z.array(reason).describe('All that hold, the strongest first.'),
  explanation: z.string().describe('The reasons in words.'),
}

export const backupCreate = z
  .object({
    changed: z.boolean(),
    snapshot,
    removed: z.array(run).describe('By the policy, afterwards.'),
    steps,
  })
  .describe('domicile backup create --json')

export const backupList = z
  .object({
    items: z
      .array(snapshot.extend(verdict))
      .or(z.array(snapshot))
      .describe('The newest first; with --explain each with its reasons.'),
  })
  .describe('domicile backup list --json')

export const backupShow = snapshot.extend(verdict).describe('domicile backup show SNAPSHOT --json')

export const backupHold = z
  .object({ changed: z.boolean().describe('false: it was already so.'), snapshot })
  .describe('domicile backup hold --json, domicile backup release --json')

const origin = z.enum(['default', 'contract', 'configured'])

export const backupPolicy = z
  .object({
    changed: z.boolean().exactOptional().describe('With --set alone.'),
    keep: keep.describe('For how many whole days, weeks and months after the one that it stands for a snapshot stays.'),
    least: keep.describe('Less may not be chosen.'),
    origins: z.object({ days: origin, weeks: origin, months: origin }),
    timeZone: z.string(),
    contract: z
      .enum(['licence', 'none', 'unknown'])
      .describe('unknown: the agent does not answer; nothing is removed meanwhile.'),
    clause: z.string().nullable().describe('Of the contract; null: it says nothing about backups, or there is none.'),
    places: z.number().describe('At how many places copies must be, this server included.'),
    snapshots: z.object({ staying: z.number(), going: z.number() }),
    next: z.array(z.object({ run, lastDay: day })).describe('What goes next by its age, the first first.'),
  })
  .describe('domicile backup policy --json')

export const backupVerify = z
  .object({
    whole: z.boolean().describe('false: something is damaged; the command ends with 4.'),
    read: z.string().describe('all, next (a seventh of the archive), or the run that was read.'),
    complaints: z.array(z.string()).describe('Of the archive engine; empty: nothing was found.'),
    hit: z.array(run).describe('Snapshots that need something that is damaged.'),
  })
  .describe('domicile backup verify --json')

const drill = drillSchema.shape

export const backupDrill = z
  .object({
    changed: z.boolean(),
    number: z.number().describe('Of the proof, in the chain of this installation.'),
    ...drill,
    problems: z
      .array(z.object({ code: z.string(), text: z.string() }))
      .describe('Why it is not proven; empty: it is. Otherwise the command ends with 4.'),
    steps,
    proof: z.string().describe('As it was signed.'),
  })
  .describe('domicile backup drill --json')

const week = z.object({
  name: z.string().describe('YYYY-Www.'),
  from: day,
  to: day,
  over: z.boolean(),
  proven: z.number(),
  failed: z.number(),
  recoverySeconds: z.object({ least: z.number(), most: z.number() }).nullable(),
})

export const backupReport = z
  .object({
    figures: z.object({
      period: z.object({ from: day, to: day, timeZone: z.string() }),
      weeks: z.array(week),
      weeksProven: z.number().describe('Of those that are over.'),
      weeksOver: z.number(),
      proven: z.number(),
      failed: z.number(),
      longestGap: z
        .object({ from: instant, until: instant, days: z.number() })
        .nullable()
        .describe('The longest time without a proof; null: nothing of the period is over.'),
      recovery: z
        .object({ least: z.number(), median: z.number(), most: z.number(), last: z.number() })
        .nullable()
        .describe('Measured recoveries, in seconds.'),
      oldestProvenHours: z.number().nullable(),
      places: z.array(
        z.object({
          name: z.string(),
          secondCopy: z.boolean(),
          proven: z.number(),
          failed: z.number(),
          lastProven: z.string().nullable(),
        }),
      ),
      kept: z.object({
        snapshots: z.number(),
        counting: z.number(),
        proven: z.number(),
        held: z.number(),
        oldest: z.string().nullable(),
        newest: z.string().nullable(),
      }),
      retention: z
        .array(z.object({ period, wanted: z.number(), found: z.number() }))
        .describe('Of the last periods that are over, how many have a snapshot that counts.'),
    }),
    proofs: z.array(z.object(proofSchema.shape)).describe('Of the period, oldest first.'),
    findings: z
      .array(
        z.object({
          code: z.enum(['PROOF_UNREADABLE', 'PROOF_SIGNATURE_WRONG', 'PROOF_MISSING', 'PROOF_ORDER']),
          line: z.number(),
          message: z.string(),
        }),
      )
      .describe('What does not hold; the command ends with 4.'),
    appliance: z.string(),
    installation: z.string(),
  })
  .describe('domicile backup report --json')

// Fails to compile when a schema and what the program prints come apart.
true satisfies Same<printed.BackupCreate, z.infer<typeof backupCreate>>
true satisfies Same<printed.BackupList, z.infer<typeof backupList>>
true satisfies Same<printed.BackupShow, z.infer<typeof backupShow>>
true satisfies Same<printed.BackupHold, z.infer<typeof backupHold>>
true satisfies Same<printed.BackupRelease, z.infer<typeof backupHold>>
true satisfies Same<printed.BackupPolicy, z.infer<typeof backupPolicy>>
true satisfies Same<printed.BackupVerify, z.infer<typeof backupVerify>>
true satisfies Same<printed.BackupDrill, z.infer<typeof backupDrill>>
true satisfies Same<printed.BackupReport, z.infer<typeof backupReport>>
