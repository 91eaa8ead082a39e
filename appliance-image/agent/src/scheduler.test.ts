import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Job, Scheduler } from './scheduler.ts'

const now = new Date('2027-03-01T12:00:00Z')
const schedulers: Scheduler[] = []
afterEach(() => schedulers.splice(0).forEach((scheduler) => void scheduler.stop()))

function started(run: Job['run'], intervalSeconds = 0.01, random = 0) {
  const log = vi.fn()
  const job: Job = { name: 'job', intervalSeconds, jitterSeconds: 100, run }
  const scheduler = new Scheduler([job], { clock: () => now, random: () => random, log })
  schedulers.push(scheduler)
  scheduler.start()
  return { scheduler, log }
}

const soon = (happened: () => void) => vi.waitFor(happened, { timeout: 2000, interval: 5 })

describe('Scheduler', () => {
  test('runs a job at once and then again and again', async () => {
    const run = vi.fn(async () => {})
    started(run)

    await soon(() => expect(run.mock.calls.length).toBeGreaterThan(3))
  })

  test('never runs a job beside itself', async () => {
    let running = 0
    let most = 0
    const run = vi.fn(async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 15))
      running--
    })
    const { scheduler } = started(run)
    scheduler.start()

    await soon(() => expect(run.mock.calls.length).toBeGreaterThan(3))
    expect(most).toBe(1)
  })

  test('keeps and logs a failure, and goes on', async () => {
    let runs = 0
    const { scheduler, log } = started(async () => {
      if (++runs === 1) throw new Error('no space')
    }, 0.05)

    await soon(() => expect(scheduler.status()[0]?.lastResult).toBe('no space'))
    expect(log).toHaveBeenCalledWith('timer-failed', { timer: 'job', message: 'no space' })
    await soon(() => expect(scheduler.status()[0]?.lastResult).toBe('ok'))
  })

  test('says when it ran and will run, with jitter', async () => {
    const { scheduler } = started(async () => {}, 60, 0.5)

    await soon(() =>
      expect(scheduler.status()).toEqual([
        {
          name: 'job',
          lastRun: '2027-03-01T12:00:00.000Z',
          lastResult: 'ok',
          nextRun: '2027-03-01T12:01:50.000Z',
        },
      ]),
    )
    expect(scheduler.late()).toEqual([])
  })

  test('runs nothing once it is stopped, and says so', async () => {
    const run = vi.fn(async () => {})
    const { scheduler } = started(run)
    scheduler.stop()
    const runs = run.mock.calls.length
    await new Promise((resolve) => setTimeout(resolve, 50))

    expect(run.mock.calls.length).toBe(runs)
    expect(scheduler.late()).toEqual(['job'])
  })
})
