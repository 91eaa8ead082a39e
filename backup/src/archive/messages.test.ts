import { expect, test } from 'vitest'
import { checkedOf, hitBy, messageOf, retagged, snapshotsOf } from './messages.ts'

/** Texts as restic 0.19.1 prints them. */

const ID = 'f9782c43bc14e58ac69b25eeab1e1531384bb185ccc09bf50deb1347848ea9c4'
const SUMMARY = `{"message_type":"summary","files_new":3,"files_changed":0,"files_unmodified":0,"dirs_new":2,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":3,"tree_blobs":3,"data_added":1754,"data_added_packed":1240,"total_files_processed":3,"total_bytes_processed":3,"total_duration":0.699481773,"backup_start":"2026-11-22T12:58:32.673064914Z","backup_end":"2026-11-22T12:58:33.372546692Z","snapshot_id":"${ID}"}`

test('a backup’s end, its errors and how far it is are told apart', () => {
  expect(messageOf(SUMMARY)).toEqual({ type: 'summary', id: ID, files: 3, bytes: 3, added: 1240, seconds: 0.699481773 })
  expect(
    messageOf(
      '{"message_type":"error","error":{"message":"failed to save /database.sql"},"during":"archival","item":"/database.sql"}',
    ),
  ).toEqual({ type: 'error', message: 'failed to save /database.sql', item: '/database.sql' })
  expect(messageOf('{"message_type":"status","percent_done":0.5,"total_bytes":10,"bytes_done":5}')).toEqual({
    ...{ type: 'status', done: 0.5, files: 0, bytes: 5 },
  })
  expect(messageOf('{"message_type":"exit_error","code":12,"message":"Fatal: wrong password"}')).toMatchObject({
    ...{ type: 'exit', code: 12 },
  })
})

test.each([
  ['', 'nothing'],
  ['loading all snapshots...', 'text'],
  ['{"message_type":"summary","snapshot_id":"../../etc"}', 'an id that is none'],
  ['{"message_type":"verbose_status","action":"new"}', 'what concerns nobody'],
  ['[1,2', 'half a line'],
])('%j is passed over: %s', (line) => {
  expect(messageOf(line)).toBeUndefined()
})

test('snapshots come oldest first; an archive without any has none', () => {
  const one = (time: string, id: string) => ({ time, id: id.repeat(64), hostname: 'erp', tags: null, paths: ['/a'] })
  const text = JSON.stringify([one('2026-11-22T10:00:00Z', 'b'), one('2026-11-22T12:00:00.5+05:00', 'a')])
  expect(snapshotsOf(text).map(({ id, tags, bytes }) => [id[0], tags, bytes])).toEqual([
    ['a', [], null],
    ['b', [], null],
  ])
  expect(snapshotsOf('null')).toEqual([])
  expect(snapshotsOf('[]')).toEqual([])
})

test.each([
  '',
  'Fatal: x',
  '{}',
  '[{"id":"short","time":"2026-11-22T10:00:00Z"}]',
])('%j is no list of snapshots, and not an empty one', (text) => {
  expect(() => snapshotsOf(text)).toThrow(expect.objectContaining({ code: 'ARCHIVE_UNREADABLE' }))
})

test('a check says what is broken, without the advice of the engine’s', () => {
  const text = [
    '{"message_type":"error","message":"pack ab37 contains 2 errors: [blob e6c4: decrypting failed]\\n"}',
    '{"message_type":"error","message":"\\nThe repository contains damaged pack files.\\n\\n"}',
    '{"message_type":"error","message":"restic repair packs ab37\\nrestic repair snapshots --forget\\n\\n"}',
    '{"message_type":"summary","num_errors":1,"broken_packs":["ab37"],"suggest_repair_index":false,"suggest_prune":false}',
    '{"message_type":"exit_error","code":1,"message":"Fatal: repository contains errors"}',
  ].join('\n')
  expect(checkedOf(text)).toEqual({
    ...{ errors: 1, brokenPacks: ['ab37'] },
    complaints: ['pack ab37 contains 2 errors: [blob e6c4: decrypting failed]'],
  })
  expect(checkedOf('{"message_type":"summary","num_errors":0,"broken_packs":null}')).toEqual({
    ...{ errors: 0, brokenPacks: [], complaints: [] },
  })
})

test('a check that came to no end has found nothing, not “nothing wrong”', () => {
  expect(checkedOf('{"message_type":"exit_error","code":12,"message":"Fatal: wrong password"}')).toBeNull()
  expect(checkedOf('')).toBeNull()
})

test('what is hit by a pack is named once, however many pieces it lacks', () => {
  expect(hitBy(`[{"object_type":"blob","snapshot":"${ID}"},{"object_type":"blob","snapshot":"${ID}"}]`)).toEqual(
    new Set([ID]),
  )
})

test('a snapshot that was marked has a new id, one that had the mark keeps its own', () => {
  const line = `{"message_type":"changed","old_snapshot_id":"${'0'.repeat(64)}","new_snapshot_id":"${ID}"}`
  expect(retagged(`${line}\n{"message_type":"summary","changed_snapshots":1}`)).toBe(ID)
  expect(retagged('{"message_type":"summary","changed_snapshots":0}')).toBeUndefined()
})
