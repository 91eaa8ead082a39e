import { expect, test } from 'vitest'
import { requireRoom, roomNeeded } from './room.ts'

const GIB = 2 ** 30

test('a copy may take what its containers may take, and twice its database beside what a new one needs', () => {
  const containers = [{ memoryBytes: GIB }, { memoryBytes: 2 * GIB }]

  expect(roomNeeded(containers, 5 * GIB)).toEqual({ memory: 3 * GIB, disk: 11 * GIB })
})

test('as much as is needed is enough', () => {
  const needed = { memory: 3 * GIB, disk: 11 * GIB }

  expect(() => requireRoom(needed, needed)).not.toThrow()
})

test('too little is refused with both figures of what is lacking', () => {
  const attempt = () => requireRoom({ memory: 3 * GIB, disk: 11 * GIB }, { memory: 2 * GIB, disk: 20 * GIB })

  expect(attempt).toThrow(expect.objectContaining({ code: 'NO_ROOM', exitCode: 3 }))
  expect(attempt).toThrow('3.0 GiB of memory, of which 2.0 GiB are free')
  expect(attempt).not.toThrow('disk')
})
