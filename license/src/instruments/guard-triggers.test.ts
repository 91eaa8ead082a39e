import { expect, test } from 'vitest'
import { guardsSchema } from '../manifest.ts'
import { counted } from './guard-triggers.ts'

test.each([
  ['a boolean column', { active: 'active' }, 'u."active" IS TRUE'],
  [
    'values of a column',
    { active: { column: 'state', values: ['on', 2, true] } },
    `(u."state" IN ('on', '2', 'true')) IS TRUE`,
  ],
  [
    'exceptions, null among them',
    { active: 'active', except: { id: [0], login: [null, 'robot'], kind: [null] } },
    `u."active" IS TRUE AND (u."id" IN ('0')) IS NOT TRUE AND (u."login" IN ('robot')) IS NOT TRUE AND u."login" IS NOT NULL AND u."kind" IS NOT NULL`,
  ],
  [
    'what would end a literal',
    { active: { column: 'state', values: ["o'n", "\\'; DROP TABLE x; --"] } },
    `(u."state" IN ('o''n',  E'\\\\''; DROP TABLE x; --')) IS TRUE`,
  ],
])('who counts, by %s', (_, spec, sql) => {
  const { users } = guardsSchema.parse({ users: { table: 'users', ...spec } })
  if (!users) throw new Error('no users in the manifest')
  expect(counted('u', users)).toBe(sql)
})

test.each([
  ['SQL in place of a column', { active: 'active; DROP TABLE users' }],
  ['no values', { active: { column: 'state', values: [] } }],
  ['a value with a line break', { active: { column: 'state', values: ['a\nb'] } }],
  ['an unknown word', { active: 'active', exempt: 'SELECT 1' }],
])('a manifest with %s is refused', (_, spec) => {
  expect(guardsSchema.safeParse({ users: { table: 'users', ...spec } }).success).toBe(false)
})
