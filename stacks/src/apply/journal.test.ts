import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Entry, Journal, unfinished } from './journal.ts'

const AT = '2026-11-22T10:00:00Z'
const BEGIN: Entry = { event: 'begin', operation: 'install', id: AT, at: AT, subject: 'erp 1.0' }
const START: Entry = { event: 'start', step: 'images', at: AT, before: { present: [] } }
const DONE: Entry = { event: 'done', step: 'images', at: AT, seconds: 1 }

let folder: string
let journal: Journal
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'))
  journal = new Journal(join(folder, 'journal.jsonl'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('entries come back in order, and none come from a file that is not there', () => {
  expect(journal.read()).toEqual([])
  for (const entry of [BEGIN, START, DONE]) journal.write(entry)

  expect(journal.read()).toEqual([BEGIN, START, DONE])
})

test('a line that a power cut left half costs nothing but itself, whatever is written after it', () => {
  journal.write(BEGIN)
  appendFileSync(journal.path, '{"event":"start","step":"im')
  expect(journal.read()).toEqual([BEGIN])

  journal.write(START)
  journal.write(DONE)

  expect(journal.read()).toEqual([BEGIN, START, DONE])
  expect(unfinished(journal.read())?.started).toEqual([{ step: 'images', before: { present: [] } }])
})

test('garbage between entries is named, not guessed at', () => {
  journal.write(BEGIN)
  appendFileSync(journal.path, '\u0000\u0007garbage\n')
  journal.write(START)

  expect(() => journal.read()).toThrow(/line 2 is not an entry/)
})
