import { Config, Plugin, run } from '@oclif/core'
import packageJson from '../package.json' with { type: 'json' }
import { COMMANDS } from './commands/index.ts'

const pjson = {
  name: 'domicile',
  version: packageJson.version,
  oclif: {
    bin: 'domicile',
    topicSeparator: ' ',
    commands: { strategy: 'explicit', target: 'built in', identifier: 'COMMANDS' },
    additionalVersionFlags: ['-v'],
    topics: {
      'audit-trail': { description: 'what was done to the appliance, and the proof that nobody edited it' },
      helper: { description: 'what the appliance’s agent has done by the host' },
      host: { description: 'prepare this server' },
      release: { description: 'look into a release file' },
      settings: { description: 'what the vendor lets you choose' },
      tls: { description: 'certificates of the gateway' },
      vendor: { description: 'for vendors: keys, stacks, releases, licences, audits' },
      'vendor:audit': { description: 'verify, compare, counter-sign and reconcile the reports of installations' },
      'vendor:license': { description: 'issue, renew and look into the documents of a licence' },
      'vendor:license:keys': { description: 'which keys sign licences' },
      'vendor:release': { description: 'build releases' },
      'vendor:keys': { description: 'change the keys that releases are signed with' },
      'vendor:stack': { description: 'check a stack before it is released' },
    },
  },
}

/** Our commands without files on the disk: oclif finds them in a table, each loaded when it is needed. */
class BuiltIn extends Plugin {
  override async findCommand(id: string): Promise<never> {
    const load = COMMANDS[id]
    if (!load) throw new Error(`no command ${id}`)
    const { default: command } = await load()
    command.id = id
    return command as never
  }
}

/**
 * @param ids the commands that oclif shall know; it reads each one’s flags at the start, so a start that needs one
 * command names one
 */
export async function loadConfig(ids: readonly string[] = Object.keys(COMMANDS)): Promise<Config> {
  const plugin = new BuiltIn({ root: '/', isRoot: true, pjson: pjson as never, name: pjson.name, ignoreManifest: true })
  Object.assign(plugin, { getCommandIDs: async () => ids })
  await plugin.load()
  return Config.load({ root: '/', pjson: pjson as never, plugins: new Map([[plugin.name, plugin]]) })
}

export async function main(argv: readonly string[]): Promise<void> {
  await run([...argv], await loadConfig(neededCommands(argv)))
}

/** The one command that is typed; none for the version; all for help and for what is not known. */
function neededCommands(argv: readonly string[]): readonly string[] {
  if (argv[0] === '--version' || argv[0] === '-v') return []
  const words = argv.slice(0, argv.findIndex((word) => word.startsWith('-')) >>> 0)
  const ids = words.map((_, index) => words.slice(0, index + 1).join(':'))
  const typed = ids.findLast((id) => id in COMMANDS)
  return typed ? [typed] : Object.keys(COMMANDS)
}
