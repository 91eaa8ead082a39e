import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { collectFacts } from './collect-facts.ts'

test('the real engine is asked, in less time than a person notices', async () => {
  const start = performance.now()
  const { engine, engineDisk, firewall } = await collectFacts({
    ports: { http: 1, https: 2 },
    dataDir: tmpdir(),
    dockerSocket: '/var/run/docker.sock',
  })

  expect(performance.now() - start).toBeLessThan(3000)
  expect(engine).toMatchObject({ socket: true, denied: false })
  expect(engine.answer).toMatchObject({
    ...{ product: 'Docker', version: expect.stringMatching(/^\d+\.\d+/), rootDir: expect.stringMatching(/^\//) },
    networks: expect.arrayContaining([expect.objectContaining({ name: 'bridge', subnets: [expect.any(String)] })]),
  })
  expect(engineDisk).toMatchObject({ freeBytes: expect.any(Number) })
  // Docker's own rules are there, so the order of the chain was read as it is.
  if (process.getuid?.() === 0)
    expect(firewall.iptables).toMatchObject({ rules: expect.arrayContaining(['-A FORWARD -j DOCKER-USER']) })
})
