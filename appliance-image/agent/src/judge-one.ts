import { answerOne } from './answer-one.ts'
import type { Question } from './licensing/forked-judge.ts'
import { judging } from './licensing/judging.ts'

/** A program of its own beside the agent, for `forkedJudge`. */
answerOne<Question>(async ({ task, request }) => judging[task](request))
