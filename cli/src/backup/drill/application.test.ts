import type { ContainerSpec } from '@domicile/stacks/plan'
import type { Stack } from '@domicile/stacks/stack'
import { expect, test } from 'vitest'
import { drillContainer, servicesTried } from './application.ts'
import { drillFolder } from './place.ts'

const stackOf = (services: Record<string, { depends_on?: string[]; volumes?: object[] }>, gateway = 'app') =>
  ({
    manifest: { gateway: { service: gateway } },
    compose: {
      services: Object.fromEntries(
        Object.entries(services).map(([name, { depends_on = [], volumes = [] }]) => [name, { depends_on, volumes }]),
      ),
    },
  }) as unknown as Stack

test('what people reach is tried with all that it needs, in the order in which it starts', () => {
  const stack = stackOf({
    cron: {},
    app: { depends_on: ['postgres', 'worker', 'cache'] },
    worker: { depends_on: ['cache', 'postgres'] },
    cache: {},
  })

  expect(servicesTried(stack)).toEqual(['cache', 'worker', 'app'])
})

test('services that wait for each other do not keep a drill waiting', () => {
  expect(servicesTried(stackOf({ app: { depends_on: ['other'] }, other: { depends_on: ['app'] } }))).toEqual([
    ...['other', 'app'],
  ])
})

const RUNNING: ContainerSpec = {
  ...{ service: 'app', name: 'erp-app-1', image: 'sha256:1', imageReference: 'erp-app:1', environment: { A: 'b' } },
  user: '971:971',
  mounts: [
    { type: 'volume', source: 'erp_filestore-3', target: '/var/lib/tryton', readOnly: false },
    { type: 'bind', source: '/var/lib/domicile/erp/secrets/agent_token', target: '/run/secrets/token', readOnly: true },
  ],
  tmpfs: { '/tmp': 'rw' },
  networks: [
    { network: 'erp_internal', aliases: ['app'], address: '10.1.1.10' },
    { network: 'erp_edge', aliases: ['app'], address: '10.1.2.10' },
  ],
  ports: [{ address: '0.0.0.0', host: 443, container: 8443 }],
  ...{ capabilities: ['CHOWN'], memoryBytes: 1, pids: 2, after: ['postgres'], stopSeconds: 10 },
  labels: { 'io.domicile.appliance': 'erp' },
}

test('nothing of a container in a drill is what runs, and nothing leads out', () => {
  const stack = stackOf({ app: { volumes: [{ source: 'filestore', target: '/var/lib/tryton' }] } })
  const network = { name: 'erp_drill', key: 'drill', internal: true, subnet: '10.9.9.0/24', labels: {} }
  const folder = drillFolder('erp')
  const made = drillContainer(RUNNING, { appliance: 'erp', stack, folder, network })

  expect(made).toMatchObject({
    ...{ name: 'erp-drill-app-job', service: 'drill-app', image: RUNNING.image, environment: { A: 'b' } },
    ...{ ports: [], after: [], user: '971:971', capabilities: ['CHOWN'] },
  })
  expect(made.networks).toEqual([{ network: 'erp_drill', aliases: ['app'], address: '' }])
  expect(made.labels).toMatchObject({ 'io.domicile.appliance': 'erp', 'com.docker.compose.oneoff': 'True' })
  expect(made.mounts.map(({ type, source, target }) => [type, source, target])).toEqual([
    ['bind', `${folder.root}/volumes/filestore`, '/var/lib/tryton'],
    ['bind', `${folder.root}/snapshot/state/secrets/agent_token`, '/run/secrets/token'],
  ])
})
