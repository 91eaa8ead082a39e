import { expect, test } from 'vitest'
import { helperUnits, programOf } from './units.ts'

test('the socket is the agent’s alone, in the folder that it sees', () => {
  const [{ path, content }] = helperUnits('erp-2', ['/usr/local/bin/domicile'])

  expect(path).toBe('/etc/systemd/system/domicile-helper@erp-2.socket')
  expect(content).toContain('\nListenStream=/var/lib/domicile/erp-2/run/helper.sock\n')
  expect(content).toContain('\nSocketMode=0600\n')
  expect(content).toContain('\nExecStartPost=/bin/chown -h 8100:8100 /var/lib/domicile/erp-2/run/helper.sock\n')
})

test.each([
  [['/usr/local/bin/domicile'], '/usr/local/bin/domicile helper serve --name erp'],
  [['/opt/my programs/domicile'], '"/opt/my programs/domicile" helper serve --name erp'],
  [['/opt/50%/$x/a"b\\c'], '"/opt/50%%/$$x/a\\"b\\\\c" helper serve --name erp'],
  [['/usr/bin/node', '/src/cli/bin/domicile.ts'], '/usr/bin/node /src/cli/bin/domicile.ts helper serve --name erp'],
] as const)('systemd starts %j, and one can read from the unit what it starts', (program, line) => {
  const [, { content }] = helperUnits('erp', program as unknown as [string])

  expect(content).toContain(`\nExecStart=${line}\n`)
  expect(programOf(content, 'erp')).toBe(program[0])
})

test('a unit that starts something else is none of ours', () => {
  const [, { content }] = helperUnits('erp', ['/usr/local/bin/domicile'])

  expect(programOf(content, 'shop')).toBeUndefined()
  expect(programOf('[Service]\nExecStart=/bin/sh -c evil\n', 'erp')).toBeUndefined()
  expect(programOf('', 'erp')).toBeUndefined()
})
