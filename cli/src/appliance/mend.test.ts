import { join } from 'node:path'
import { loadStack } from '@domicile/stacks/stack'
import { expect, test } from 'vitest'
import type { Appliance } from './appliance.ts'
import { planMending } from './mend.ts'

test('what somebody wrote into appliance.yaml is checked before anything follows from it', async () => {
  const stack = await loadStack(join(import.meta.dirname, '../../../stacks/guestbook'))
  const edited = (settings: object) => planMending({ stack, wanted: { settings } } as unknown as Appliance)

  await expect(edited({ hostname: 'not a host; }' })).rejects.toMatchObject({ code: 'SETTINGS_INVALID', exitCode: 2 })
  await expect(edited({ hostname: 'a.example', greting: 'Hi' })).rejects.toThrow('greting: this stack has no such')
})
