import { expect, test } from 'vitest'
import { fact, findProgram, output } from './fact.ts'

test('a fact that is read in time is the fact', async () => {
  expect(await fact(() => 42)).toBe(42)
})

test('a fact that takes too long is unknown, and its reader is told to stop', async () => {
  let told: AbortSignal | undefined
  const late = await fact((signal) => {
    told = signal
    return new Promise<never>(() => undefined)
  }, 20)

  expect(late).toEqual({ unknown: 'no answer within 0.02 s' })
  expect(told?.aborted).toBe(true)
})

test('a program that hangs is ended', async () => {
  const start = performance.now()

  expect(await fact((signal) => output('sleep', ['30'], signal), 100)).toEqual({ unknown: 'no answer within 0.1 s' })
  expect(performance.now() - start).toBeLessThan(2000)
})

test.each([
  ['a thrown error', () => Promise.reject(new Error('not an x86-64 processor')), 'not an x86-64 processor'],
  ['a missing program', (signal: AbortSignal) => output('no-such-program', [], signal), 'no-such-program is not there'],
  [
    'a program that fails',
    (signal: AbortSignal) => output('cat', ['/no/such/file'], signal),
    'No such file or directory',
  ],
  [
    'a refusal',
    () => Promise.reject(Object.assign(new Error('EACCES: open'), { code: 'EACCES' })),
    'not allowed for this user',
  ],
  ['an error without words', () => Promise.reject(new Error('')), 'Error'],
])('the reason of %s is said', async (_, read, unknown) => {
  expect(await fact<unknown>(read)).toEqual({ unknown })
})

test('a program is found where it is installed, and only there', () => {
  expect(findProgram('sh')).toMatch(/\/bin\/sh$/)
  expect(findProgram('sh', ['/nowhere'])).toBeUndefined()
})
