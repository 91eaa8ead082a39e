import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 200

/**
 * Asks again and again until the answer is `undefined`; any other answer says what is not yet as it should be.
 * @throws Error that names what was waited for, how long, and the last answer
 */
export async function waitUntil(
  what: string,
  notYet: () => Promise<string | undefined>,
  { deadlineMs = 60_000 } = {},
): Promise<void> {
  const began = performance.now()
  for (;;) {
    const answer = await notYet()
    if (answer === undefined) return
    if (performance.now() - began > deadlineMs)
      throw new Error(`Waited ${deadlineMs / 1000} s until ${what}; last answer: ${answer.trim() || 'nothing'}`)
    await sleep(POLL_MS)
  }
}
