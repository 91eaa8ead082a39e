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
      host: { description: 'prepare this server' },
      release: { description: 'look into a release file' },
      settings: { description: 'what the vendor lets you choose' },
      tls: { description: 'certificates of the gateway' },
      vendor: { description: 'for vendors: keys, stacks, releases' },
      'vendor release': { description: 'build releases' },
      'vendor stack': { description: 'check a stack before it is released' },
    },
  },
}

/** Our commands without files on the disk: oclif finds them in a table, each loaded when it is called. */
class BuiltIn extends Plugin {
  override async findCommand(id: string): Promise<never> {
    const load = COMMANDS[id]
    if (!load) throw new Error(`no command ${id}`)
    const { default: command } = await load()
    command.id = id
    return command as never
  }

  override async load(): Promise<void> {
    Object.assign(this, { getCommandIDs: async () => Object.keys(COMMANDS) })
    await super.load()
  }
}

export async function loadConfig(): Promise<Config> {
  const plugin = new BuiltIn({ root: '/', isRoot: true, pjson: pjson as never, name: pjson.name, ignoreManifest: true })
  await plugin.load()
  return Config.load({ root: '/', pjson: pjson as never, plugins: new Map([[plugin.name, plugin]]) })
}

export async function main(argv: readonly string[]): Promise<void> {
  await run([...argv], await loadConfig())
}
