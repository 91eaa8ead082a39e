import { answerOne } from './answer-one.ts'
import type { Question } from './tls/forked-issuer.ts'
import { issuing } from './tls/issuing.ts'

/** A program of its own beside the agent, for `forkedIssuer`. */
answerOne<Question>(({ task, request }) => issuing[task](request))
