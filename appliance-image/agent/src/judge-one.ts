import { answerOne } from './answer-one.ts'
import { LedgerFolder } from './auditing/ledger-folder.ts'
import type { Question } from './licensing/forked-judge.ts'
import { judgingBy } from './licensing/judging.ts'

const judging = judgingBy((ledger, day) => new LedgerFolder(ledger).since(day))

/** A program of its own beside the agent, for `forkedJudge`. */
answerOne<Question>(async ({ task, request }) => judging[task](request))
