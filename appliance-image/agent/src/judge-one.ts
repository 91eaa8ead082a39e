import { answerOne } from './answer-one.ts'
import { LedgerReader } from './auditing/ledger-reader.ts'
import type { Question } from './licensing/forked-judge.ts'
import { judgingBy } from './licensing/judging.ts'

const judging = judgingBy((ledger, day) => new LedgerReader(ledger).since(day))

/** A program of its own beside the agent, for `forkedJudge`. */
answerOne<Question>(async ({ task, request }) => judging[task](request))
