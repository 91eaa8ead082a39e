import { expect, test } from 'vitest'
import { check } from './one-check.fixture.ts'

const appliance = (name: string, installed: boolean, unfinished: boolean) => ({
  appliances: [{ name, installed, unfinished }],
})

test.each([
  ['another appliance', appliance('crm', true, false), 'pass', ''],
  ['one of the same name', appliance('erp', true, false), 'fail', 'domicile uninstall'],
  ['one whose operation has not ended', appliance('erp', false, true), 'fail', 'Run the interrupted command again'],
  ['a folder with neither state nor journal', appliance('erp', false, false), 'pass', ''],
] as const)('%s: %j is a %s', (_, facts, verdict, hint) => {
  expect(check('existing-appliance', facts)).toMatchObject({ verdict, hint: expect.stringContaining(hint) })
})
