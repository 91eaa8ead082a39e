import { ExitCode, UserError } from '../kernel/index.ts'
import type { Settings } from '../stack/index.ts'

/** What an environment value may name: `${settings.KEY}`, `${appliance.url}`, `${appliance.hostname}`; `$$` is a dollar sign. */
export interface Interpolation {
  readonly settings: Settings
  readonly appliance: { readonly url: string; readonly hostname: string; readonly name: string }
}

/** @throws UserError STACK_INVALID when a value names something that does not exist */
export function interpolate(text: string, { settings, appliance }: Interpolation, where: string): string {
  return text.replaceAll(/\$(\$|\{([^}]*)\})/g, (whole, _, expression: string | undefined) => {
    if (whole === '$$') return '$'
    const [scope, key = ''] = (expression ?? '').split('.')
    const known: Readonly<Record<string, unknown>> | undefined =
      scope === 'settings' ? settings : scope === 'appliance' ? appliance : undefined
    if (known && Object.hasOwn(known, key)) return String(known[key])
    throw new UserError(`${where}: ${whole} names nothing.`, {
      code: 'STACK_INVALID',
      hint: 'Use ${settings.KEY} with a key of appliance.yaml, ${appliance.url}, ${appliance.hostname} or ${appliance.name}.',
      exitCode: ExitCode.Usage,
    })
  })
}
