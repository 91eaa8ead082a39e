import { loadConfig } from '@domicile/cli/main'
import { code, generatedFrom, table } from './markdown.ts'

type Config = Awaited<ReturnType<typeof loadConfig>>
type Command = Config['commands'][number]
type Flag = Command['flags'][string]

/** Which document `--json` prints; a command that is not named has an output of its own, described by its example. */
const SCHEMAS: Readonly<Record<string, string>> = {
  acceptance: 'acceptance',
  apply: 'change',
  'backup:create': 'backup-create',
  'backup:drill': 'backup-drill',
  'backup:hold': 'backup-hold',
  'backup:keys:export': 'backup-keys-export',
  'backup:keys:rotate': 'backup-keys-rotate',
  'backup:list': 'backup-list',
  'backup:point-in-time:base': 'backup-point-in-time-base',
  'backup:point-in-time:check': 'backup-point-in-time-check',
  'backup:point-in-time:off': 'change',
  'backup:point-in-time:on': 'change',
  'backup:point-in-time:status': 'backup-point-in-time',
  'backup:policy': 'backup-policy',
  'backup:release': 'backup-hold',
  'backup:report': 'backup-report',
  'backup:show': 'backup-show',
  'backup:target:add': 'backup-target-add',
  'backup:target:copy': 'backup-target-copy',
  'backup:target:list': 'backup-target-list',
  'backup:target:remove': 'change',
  'backup:target:test': 'backup-target-test',
  'backup:target:trust': 'change',
  'backup:verify': 'backup-verify',
  'host:prepare': 'change',
  install: 'change',
  logs: 'list',
  preflight: 'preflight',
  restart: 'change',
  restore: 'restore',
  'restore:accept': 'restore-accept',
  'restore:status': 'restore-status',
  'restore:undo': 'restore-undo',
  'settings:get': 'list',
  'settings:set': 'change',
  start: 'change',
  status: 'status',
  stop: 'change',
  'tls:renew': 'change',
  'tls:set': 'change',
  'tls:use': 'change',
  uninstall: 'change',
}

const words = (id: string) => id.replaceAll(':', ' ')

/** commands.md: every command as `--help` knows it. */
export async function commandReference(): Promise<string> {
  const config = await loadConfig()
  const commands = config.commands.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const overview = commands.map(({ id, summary = '' }) => [
    `[${code(`domicile ${words(id)}`)}](#domicile-${id.replaceAll(':', '-')})`,
    summary,
  ])
  return `${[
    generatedFrom('the commands in cli/src/commands'),
    '# Commands',
    'Every command takes `--json`: it then prints exactly one JSON document on stdout. Progress and questions go to stderr. ' +
      'A failure is `{"error": {"code", "message", "hint"}}` ([schema](schemas/error.schema.json), [codes](errors.md)) ' +
      'with an [exit code](exit-codes.md) other than 0. `domicile --version` prints the version, `--help` after any ' +
      'command what stands here.',
    table(['Command', 'What it does'], overview),
    ...commands.map((command) => section(command)),
  ].join('\n\n')}\n`
}

function section(command: Command): string {
  const { id, summary = '', description } = command
  const args = Object.values(command.args)
  const flags = Object.values(command.flags).filter(({ name }) => name !== 'json')
  const schema = SCHEMAS[id]
  return [
    `## domicile ${words(id)}`,
    summary,
    ...(description ? [description] : []),
    `\`\`\`text\n${usage(command, flags)}\n\`\`\``,
    ...(args.length > 0
      ? [
          table(
            ['Argument', 'Meaning'],
            args.map((arg) => [code(arg.name.toUpperCase()), argText(arg)]),
          ),
        ]
      : []),
    ...(flags.length > 0
      ? [
          table(
            ['Flag', 'Meaning'],
            flags.map((flag) => [flagName(flag), flagText(flag)]),
          ),
        ]
      : []),
    ...(schema ? [`With \`--json\`: [${schema}.schema.json](schemas/${schema}.schema.json).`] : []),
    `\`\`\`sh\n${examples(command).join('\n')}\n\`\`\``,
  ].join('\n\n')
}

function usage({ id, args, strict }: Command, flags: readonly Flag[]): string {
  const names = Object.values(args).map(({ name, required, multiple }) => {
    const written = `${name.toUpperCase()}${multiple ? '...' : ''}`
    return required ? written : `[${written}]`
  })
  const required = flags.filter((flag) => flag.required).map((flag) => `--${flag.name} ${placeholder(flag)}`)
  const more = strict === false ? ['KEY=VALUE …'] : []
  return ['domicile', words(id), ...names, ...more, ...required, '[FLAGS]'].join(' ')
}

const placeholder = (flag: Flag) =>
  flag.type === 'option' ? String(flag.helpValue ?? (flag.options ? flag.options.join('|') : 'VALUE')) : ''

const flagName = (flag: Flag) =>
  code(`${flag.char ? `-${flag.char}, ` : ''}--${flag.name}${flag.type === 'option' ? ` ${placeholder(flag)}` : ''}`)

function flagText(flag: Flag): string {
  const notes = [
    ...(flag.required ? ['required'] : []),
    ...(flag.type === 'option' && flag.multiple ? ['may be given several times'] : []),
    ...(flag.type === 'option' && flag.default !== undefined ? [`default ${code(String(flag.default))}`] : []),
  ]
  return `${flag.summary ?? flag.description ?? ''}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`
}

function argText({ description = '', options, default: preset }: Command['args'][string]): string {
  const notes = [
    ...(options ? [options.map(code).join(' or ')] : []),
    ...(preset === undefined ? [] : [`default ${code(String(preset))}`]),
  ]
  return `${description}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`
}

const examples = ({ id, examples: given = [] }: Command): string[] =>
  given.map((example) =>
    String(example).replaceAll('<%= config.bin %>', 'domicile').replaceAll('<%= command.id %>', words(id)),
  )
