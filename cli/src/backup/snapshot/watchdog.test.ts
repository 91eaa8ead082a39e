import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { watchdog } from './watchdog.ts'

const never = new AbortController().signal

/** Ends as an engine does whose room is taken from under it. */
const until = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the container is gone')), { once: true })
  })

test('an engine that says nothing is ended, and it is said why', async () => {
  const dog = watchdog(never, 20)
  await expect(dog.watch('Dumping', () => until(dog.signal))).rejects.toMatchObject({ code: 'ENGINE_STUCK' })
  expect(dog.signal.aborted).toBe(true)
})

test('one that says the same again and again does not get on', async () => {
  const dog = watchdog(never, 50)
  const talk = dog.watch('Dumping', async (seen) => {
    while (!dog.signal.aborted) {
      seen({ bytes: 5 })
      await sleep(5)
    }
    throw new Error('the container is gone')
  })
  await expect(talk).rejects.toMatchObject({ code: 'ENGINE_STUCK' })
})

test('one that gets on may take many times as long, and nothing is ended after it', async () => {
  const dog = watchdog(never, 100)
  const work = dog.watch('Dumping', async (seen) => {
    for (let bytes = 0; bytes < 20; bytes++) {
      seen({ bytes })
      await sleep(10)
    }
    return 'done'
  })
  await expect(work).resolves.toBe('done')
  await sleep(120)
  expect(dog.signal.aborted).toBe(false)
})

test('what a person stops is not called stuck', async () => {
  const person = new AbortController()
  const dog = watchdog(person.signal, 10_000)
  const work = dog.watch('Dumping', () => until(dog.signal))
  person.abort(new Error('stopped'))
  await expect(work).rejects.toThrow('the container is gone')
})
