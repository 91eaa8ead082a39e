import type { Reply } from './forked.ts'
import { messageOf } from './log.ts'

/** The other end of `askForked`: answers one question and ends, or ends with the agent. */
export function answerOne<Q>(answer: (question: Q) => Promise<unknown>): void {
  process.once('disconnect', () => process.exit())
  process.once('message', async (question: Q) => {
    const reply: Reply = await answer(question).then(
      (result) => ({ result }),
      (error: unknown) => ({ failure: messageOf(error) }),
    )
    process.send?.(reply, () => process.exit())
  })
}
