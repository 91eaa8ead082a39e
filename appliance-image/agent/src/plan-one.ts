import { answerOne } from './answer-one.ts'
import type { PlanQuestion } from './backing-up/planner.ts'
import { planBackups } from './backing-up/planning.ts'

/** A program of its own beside the agent, for `forkedPlanner`. */
answerOne<PlanQuestion>(async (question) => planBackups(question))
