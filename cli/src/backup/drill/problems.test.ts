import { failure } from '@domicile/backup/archive'
import { BackupRefusal } from '@domicile/backup/refusal'
import { UserError } from '@domicile/stacks/kernel'
import { expect, test } from 'vitest'
import { problemOf } from './problems.ts'

const user = (code: string, message: string) => new UserError(message, { code, hint: 'x' })

test.each([
  ['a dump that psql refuses', user('PIPE_FAILED', 'psql in x failed: ERROR:  duplicate key'), 'DUMP_NOT_LOADED'],
  ['a pack that is gone', user('PIPE_FAILED', 'restic in x failed: Load(<data/1f>): no such file'), 'ARCHIVE_DAMAGED'],
  ['a pack that was altered', failure(1, 'ciphertext verification failed', 'Restoring'), 'ARCHIVE_DAMAGED'],
  ['another manifest', new BackupRefusal('x', { code: 'MANIFEST_WRONG', hint: 'x' }), 'MANIFEST_WRONG'],
  ['an application that ends', user('UNHEALTHY', 'app did not become healthy: it ended'), 'APPLICATION_NOT_HEALTHY'],
])('%s is a finding about the snapshot', (_, thrown, code) => {
  expect(problemOf(thrown)?.code).toBe(code)
})

test.each([
  [
    'a full disk of the server',
    user('PIPE_FAILED', 'psql in x failed: ERROR:  could not extend file "base/1": No space left on device'),
  ],
  ['a full disk of the archive’s cache', failure(1, 'write /cache/x: no space left on device', 'Restoring')],
  ['a program that the kernel ended', failure(137, '', 'Restoring')],
  ['a server that was ended', user('PIPE_FAILED', 'psql in x failed: server closed the connection unexpectedly')],
  ['an engine that is gone', user('ENGINE_DOWN', 'Docker Engine cannot be reached')],
  ['no room', new BackupRefusal('x', { code: 'NO_ROOM', hint: 'x' })],
  ['a wrong key', failure(12, 'wrong password', 'Opening')],
  ['a bug', new TypeError('x is not a function')],
])('%s says nothing about it', (_, thrown) => {
  expect(problemOf(thrown)).toBeNull()
})
