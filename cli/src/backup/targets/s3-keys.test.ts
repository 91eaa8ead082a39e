import { expect, test } from 'vitest'
import { askS3Credentials } from './s3-keys.ts'

test('two lines become what the engine reads', async () => {
  expect(await askS3Credentials(async () => 'AKIA1\n  secret/+=\n')).toBe(
    '[default]\naws_access_key_id = AKIA1\naws_secret_access_key = secret/+=\n',
  )
})

test.each([
  ['nothing', ''],
  ['one line', 'AKIA1\n'],
  ['a line too many', 'AKIA1\nsecret\nmore\n'],
  ['a blank within', 'AKIA1\nsec ret\n'],
])('%s is refused, and not repeated', async (_, text) => {
  const asked = askS3Credentials(async () => text)

  await expect(asked).rejects.toMatchObject({ code: 'S3_KEYS', kind: 'usage' })
  await expect(asked).rejects.not.toThrow('AKIA1')
})
