import { describe, expect, test } from 'vitest'
import { boundedPattern } from './bounded-pattern.ts'
import { sessionSchema } from './session.ts'

describe('sessionSchema', () => {
  test('takes a header or a cookie, and exactly one of them', () => {
    expect(sessionSchema.safeParse({ header: 'Authorization' }).success).toBe(true)
    expect(sessionSchema.safeParse({ cookie: 'connect.sid' }).success).toBe(true)
    expect(sessionSchema.safeParse({}).success).toBe(false)
    expect(sessionSchema.safeParse({ header: 'Authorization', cookie: 'sid' }).success).toBe(false)
  })

  test.each([
    { header: 'A b' },
    { header: 'Authorization', unknown: 1 },
    { cookie: 'a;b' },
    { cookie: '$x' },
    { header: 'A', pattern: '^(?<other>.*)$' },
    { header: 'A', user: '^(?<session>.*)$' },
    { header: 'A', proof: { path: 'http://elsewhere.test/' } },
    { header: 'A', proof: { path: '//elsewhere.test/' } },
    { header: 'A', proof: { path: '/a b' } },
    { header: 'A', proof: { path: '/', contentType: 'a/b\r\nx: y' } },
    { header: 'A', refused: { status: 200, type: 'a/b\nx', body: '' } },
    { header: 'A', refused: { status: 99, type: 'a/b', body: '' } },
    { header: 'A', encoding: 'rot13' },
  ])('refuses %j', (settings) => {
    expect(sessionSchema.safeParse(settings).success).toBe(false)
  })
})

describe('boundedPattern', () => {
  test.each([
    '^Session\\s+(?<session>\\S+)$',
    '^(?:a|b)(?<session>[^:]*:\\d+)',
    '^\\(a+\\)+$',
    '^[(]a+[)]+$',
    '^(?<session>abc)?$',
  ])('lets %s run', (source) => expect(boundedPattern(source, [])).toBeNull())

  test.each([
    '^(a+)+$',
    '^(a|a)*$',
    '^((a*)b)+$',
    '^(?:a?){30}$',
    '^(?<x>a)\\k<x>',
    '^(a)\\1',
    '^(?=a*)b',
    '^(',
    'a+',
    '^((?:x|y)z)*',
  ])('refuses %s', (source) => expect(boundedPattern(source, [])).not.toBeNull())
})
