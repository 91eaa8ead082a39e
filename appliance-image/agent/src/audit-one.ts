import { answerOne } from './answer-one.ts'
import { auditing } from './auditing/auditing.ts'
import type { Question } from './auditing/forked-auditor.ts'

/** A program of its own beside the agent, for `forkedAuditor`. */
answerOne<Question>((request) => auditing.audit(request))
