import { expect, test } from 'vitest'
import { explain } from './docker-errors.ts'

test.each([
  ['write /layer.tar: no space left on device', 'DISK_FULL', 'docker system df'],
  ['listen tcp4 0.0.0.0:443: bind: address already in use', 'PORT_TAKEN', '--https-port'],
  ['Bind for 0.0.0.0:443 failed: port is already allocated', 'PORT_TAKEN', 'ss -ltnp'],
  ['something else', 'ENGINE_REFUSED', 'journalctl -u docker'],
])('a failure of the engine comes with advice: %s', (text, code, hint) => {
  expect(() => explain(Object.assign(new Error(text), { statusCode: 500 }))).toThrow(
    expect.objectContaining({ code, hint: expect.stringContaining(hint), exitCode: 1 }),
  )
})
