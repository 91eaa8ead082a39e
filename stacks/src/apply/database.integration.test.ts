import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scramVerifier } from './database-handlers.ts'

/** A PostgreSQL of its own from the system image, without a network. */
const name = `it-scram-${randomBytes(4).toString('hex')}`
const inside = (command: string[], input = '') =>
  execa('docker', ['exec', '-i', '-u', '70', name, ...command], { input, reject: false })

beforeAll(async () => {
  const { version } = (await import('../../../appliance-image/package.json', { with: { type: 'json' } })).default
  await execa('docker', [
    'run',
    '-d',
    '--name',
    name,
    '--network',
    'none',
    '--tmpfs',
    '/run/postgresql:uid=70,gid=70',
    '--tmpfs',
    '/run/secrets:uid=70,gid=70',
    '--entrypoint',
    'sh',
    `domicile/postgres:${version}`,
    '-c',
    'echo superuser > /run/secrets/postgres_password && exec start-postgres',
  ])
  for (let attempt = 0; attempt < 120; attempt++) {
    if ((await inside(['pg_isready', '-q', '-h', '127.0.0.1'])).exitCode === 0) return
    await sleep(250)
  }
  throw new Error(`PostgreSQL did not start: ${(await execa('docker', ['logs', name], { all: true })).all}`)
})
afterAll(() => execa('docker', ['rm', '--force', '--volumes', name]))

test('PostgreSQL lets in who knows the password behind our verifier, and nobody else', async () => {
  await inside(
    ['psql', '-U', 'postgres', '-f', '-'],
    `CREATE ROLE app LOGIN PASSWORD '${scramVerifier('correct horse')}';`,
  )
  const login = (password: string) =>
    inside(['sh', '-c', `PGPASSWORD='${password}' psql -h 127.0.0.1 -U app -d postgres -c 'select 1'`])

  expect((await login('correct horse')).exitCode).toBe(0)
  expect((await login('wrong horse')).exitCode).not.toBe(0)
})
