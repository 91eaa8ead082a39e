import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LEAST } from './agent/src/config.fixture.ts'
import { buildImages, imageReference } from './build-images.ts'
import { docker, ended, inside, logs, makeVolume, start, until } from './test-container.ts'

let tls: string
let folder: string

beforeAll(() => buildImages({ only: ['base', 'gateway', 'agent'] }))
beforeEach(async () => {
  tls = await makeVolume()
  folder = await mkdtemp(join(tmpdir(), 'domicile-agent-image-test-'))
  const config = { version: 1, appliance: 'erp', hostnames: ['erp.test'], tls: { mode: 'internal' }, ...LEAST }
  await writeFile(join(folder, 'agent.json'), JSON.stringify(config))
})
afterEach(() => rm(folder, { recursive: true }))

async function startAgent() {
  const state = await makeVolume()
  return start(imageReference('agent'), [
    '--network=none',
    '--tmpfs=/tmp',
    '--tmpfs=/run/domicile:uid=8100,gid=8100,mode=0700',
    `--volume=${tls}:/tls`,
    `--volume=${state}:/var/lib/domicile`,
    `--volume=${join(folder, 'agent.json')}:/etc/domicile/agent.json:ro`,
  ])
}

const healthy = async (agent: string) => (await inside(agent, ['http-healthy', '8081', '/health'])).exitCode === 0

test('the agent comes up read-only, makes a certificate that the gateway may read, and ends when asked', async () => {
  const agent = await startAgent()
  await until('the agent is healthy', () => healthy(agent))

  const asGateway = ['--user=8200:8300', `--volume=${tls}:/tls:ro`, '--entrypoint=cat', imageReference('gateway')]
  await until('it has published a certificate', async () => (await logs(agent)).includes('certificate-published'))
  expect((await docker`docker run --rm ${asGateway} /tls/live/key.pem`).stdout).toContain('PRIVATE KEY')
  const asStranger = ['--user=8200:8200', ...asGateway.slice(1)]
  await expect(docker`docker run --rm ${asStranger} /tls/live/key.pem`).rejects.toThrow('Permission denied')

  await docker`docker stop --time 20 ${agent}`
  expect(await ended(agent)).toBe(0)
})

test('the image names what npm packages and which runtime it holds', async () => {
  const show = ['--entrypoint=cat', imageReference('agent'), '/usr/share/domicile/npm-packages.json']
  const packages: { name: string; version: string }[] = JSON.parse((await docker`docker run --rm ${show}`).stdout)
  const version = await docker`docker run --rm --entrypoint=node ${imageReference('agent')} --version`

  expect(packages.map(({ name, version }) => `${name}@v${version}`)).toContain(`node@${version.stdout.trim()}`)
  expect(packages.map(({ name }) => name)).toContain('zod')
})
