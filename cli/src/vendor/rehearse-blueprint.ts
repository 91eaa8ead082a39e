import { type Blueprint, makeBlueprint } from '@domicile/stacks/plan'
import { type Settings, type Stack, settingsValidator } from '@domicile/stacks/stack'

/** The blueprint with sample answers: finds what only shows when values are filled in, such as a setting that does not exist. */
export function rehearseBlueprint(stack: Stack): Blueprint {
  const samples: Record<string, Settings[string]> = { hostname: 'appliance.example' }
  for (const [key, { type, default: preset, enum: choices }] of Object.entries(stack.manifest.settings)) {
    if (preset === undefined)
      samples[key] = choices?.[0] ?? (type === 'boolean' ? false : type === 'string' ? 'sample' : 1)
  }
  const complete = (() => {
    try {
      return settingsValidator(stack.manifest)(samples)
    } catch {
      // A pattern that no sample meets; the types are what the blueprint needs.
      return samples
    }
  })()
  return makeBlueprint({
    name: stack.manifest.name,
    stack,
    settings: complete,
    ports: { address: '0.0.0.0', http: 80, https: 443 },
    subnets: { internal: '10.201.0.0/24', edge: '10.201.1.0/24' },
    images: {},
    host: { memoryBytes: stack.manifest.requires.memory, cpus: stack.manifest.requires.cpu },
    volumes: {},
    tls: { mode: 'internal' },
    vendorKeys: [],
  })
}
