import { expect, test } from 'vitest'
import { Alerter } from './alerter.ts'

/** One that counts how often it told, and ends when it is let. */
function alerter() {
  let [told, idle] = [0, 0]
  let end = () => {}
  const one = new Alerter(() => {
    told += 1
    return new Promise<void>((resolve) => {
      end = resolve
    })
  })
  one.onIdle = () => {
    idle += 1
  }
  const settle = async () => {
    end()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { one, settle, seen: () => ({ told, idle, busy: one.busy }) }
}

test('asked a hundred times while one is under way it tells once more, and is busy until then', async () => {
  const { one, settle, seen } = alerter()

  for (let times = 0; times < 100; times += 1) one.ask()
  expect(seen()).toEqual({ told: 1, idle: 0, busy: true })
  await settle()
  expect(seen()).toEqual({ told: 2, idle: 0, busy: true })
  await settle()
  expect(seen()).toEqual({ told: 2, idle: 1, busy: false })
})

test('asked again after its end it tells again', async () => {
  const { one, settle, seen } = alerter()

  one.ask()
  await settle()
  one.ask()
  await settle()

  expect(seen()).toEqual({ told: 2, idle: 2, busy: false })
})
