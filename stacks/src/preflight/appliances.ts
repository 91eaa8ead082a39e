import type { ExistingAppliance } from './facts.ts'
import { type Check, type Finding, fail, judge, pass, warn } from './verdict.ts'

const WANTED = 'none of that name'

const list = (found: readonly ExistingAppliance[]) => found.map(({ name }) => name).join(', ')

function judgeNamed(found: readonly ExistingAppliance[], name: string): Finding {
  const same = found.find((appliance) => appliance.name === name)
  if (same?.unfinished)
    return fail(
      `${name}, with an operation that has not ended`,
      WANTED,
      'Run the interrupted command again: it goes on where it stopped, or goes back.',
    )
  if (same)
    return fail(
      name,
      WANTED,
      'Install under another name with `--name`, or remove that one first with `domicile uninstall`.',
    )
  return pass(found.length === 0 ? 'none' : `others: ${list(found)}`, WANTED)
}

const existingAppliance: Check = {
  id: 'existing-appliance',
  title: 'Appliances on this host',
  run: ({ appliances }, _, { name }) =>
    judge(appliances, WANTED, (all) => {
      const found = all.filter(({ installed, unfinished }) => installed || unfinished)
      if (name) return judgeNamed(found, name)
      if (found.length === 0) return pass('none', WANTED)
      return warn(
        list(found),
        WANTED,
        'Several appliances may share a host: give the new one its own `--name` and ports.',
      )
    }),
}

export const APPLIANCE_CHECKS: readonly Check[] = [existingAppliance]
