import { messageOf } from './log.ts'
import type { Question, Reply } from './tls/forked-issuer.ts'
import { issuing } from './tls/issuing.ts'

/** A program of its own beside the agent: answers one question of `forkedIssuer` and ends, or ends with the agent. */
process.once('disconnect', () => process.exit())
process.once('message', async ({ task, request }: Question) => {
  const reply: Reply = await issuing[task](request).then(
    (result) => ({ result }),
    (error: unknown) => ({ failure: messageOf(error) }),
  )
  process.send?.(reply, () => process.exit())
})
