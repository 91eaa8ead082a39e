import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Blueprint, ContainerSpec, NetworkSpec } from '../plan/index.ts'
import { APPLIANCE_LABEL } from '../plan/index.ts'
import { databaseHandlers } from './database-handlers.ts'
import type { Engine, FoundContainer } from './engine.ts'
import { engineHandlers } from './engine-handlers.ts'
import { refuseForeignNames } from './ownership.ts'

/** An engine that holds one container, network and volume, all called `erp-app`, and counts what is removed or made. */
function engineOf(labels: Record<string, string>) {
  const done: string[] = []
  const note = (what: string) => async () => void done.push(what)
  const engine = {
    findContainer: async () => ({ labels }) as unknown as FoundContainer,
    findNetwork: async (name: string) => ({ name, labels, internal: false, subnet: '192.0.2.0/24' }),
    findVolume: async () => ({ labels }),
    removeContainer: note('remove container'),
    removeNetwork: note('remove network'),
    removeVolume: note('remove volume'),
    createContainer: note('create container'),
    createNetwork: note('create network'),
    startContainer: note('start container'),
  } as unknown as Engine
  return { engine, done }
}

const labels = { [APPLIANCE_LABEL]: 'erp' }
const name = 'erp-app'
const container = { name, service: 'app', labels } as unknown as ContainerSpec
const network: NetworkSpec = { name, key: 'internal', internal: true, subnet: '10.201.0.0/24', labels }
const progress = { say: () => undefined, signal: new AbortController().signal }

describe.each([
  ['a Compose project’s', { 'com.docker.compose.project': 'erp' }],
  ['another appliance’s', { [APPLIANCE_LABEL]: 'erp2' }],
])('what has the name of ours and is %s', (_, theirs) => {
  test('is never replaced, used or removed', async () => {
    const { engine, done } = engineOf(theirs)
    const handlers = { ...engineHandlers(engine, async () => Readable.from([])), ...databaseHandlers(engine) }
    const taken = expect.objectContaining({ code: 'NAME_TAKEN', exitCode: 3 })

    await expect(handlers.container.run({ kind: 'container', container }, progress)).rejects.toEqual(taken)
    await expect(
      handlers.discard.run({ kind: 'discard', container: name, appliance: 'erp' }, progress),
    ).rejects.toEqual(taken)
    await expect(handlers.network.run({ kind: 'network', network }, progress)).rejects.toEqual(taken)
    await expect(
      handlers.volume.run({ kind: 'volume', volume: name, key: 'app', appliance: 'erp' }, progress),
    ).rejects.toEqual(taken)
    await handlers.container.undo?.({ kind: 'container', container }, { existed: false })
    await handlers.network.undo?.({ kind: 'network', network }, { existed: false })

    expect(done).toEqual([])
  })

  test('stops an installation before it begins', async () => {
    const { engine } = engineOf(theirs)
    const blueprint = { name: 'erp', containers: [], networks: [], volumes: [] } as unknown as Blueprint

    await expect(refuseForeignNames(blueprint, engine)).resolves.toBeUndefined()
    for (const thing of [{ containers: [container] }, { networks: [network] }, { volumes: [{ key: 'app', name }] }])
      await expect(refuseForeignNames({ ...blueprint, ...thing }, engine)).rejects.toThrow('does not belong to')
  })
})

test('what is ours is replaced and removed', async () => {
  const { engine, done } = engineOf(labels)
  const handlers = engineHandlers(engine, async () => Readable.from([]))

  await handlers.network.run({ kind: 'network', network }, progress)
  await handlers.container.undo?.({ kind: 'container', container }, { existed: false })

  expect(done).toEqual(['remove network', 'create network', 'remove container'])
})

test('a tag that somebody moved to another image is not ours any more', async () => {
  const removed: string[] = []
  const engine = {
    findImage: async (reference: string) => ({
      id: reference === 'app:1' ? 'sha256:ours' : 'sha256:theirs',
      layers: [],
    }),
    removeImage: async (reference: string) => void removed.push(reference),
  } as unknown as Engine
  const image = (reference: string) => ({ reference, digest: 'sha256:ours', layers: ['sha256:layer'] })
  const { images } = engineHandlers(engine, async () => Readable.from([]))
  const action = { kind: 'images' as const, images: [image('app:1'), image('nginx:1')] }

  expect(await images.look(action)).toEqual({ present: ['app:1'], shared: [] })
  await images.undo?.(action, { present: [], shared: [] })

  expect(removed).toEqual(['app:1'])
})
