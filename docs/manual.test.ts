import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadConfig } from '@domicile/cli/main'
import { Parser } from '@oclif/core'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

const pages = globSync('{README.md,{docs,cli,stacks,backup,license,appliance-image}/**/*.md}', {
  cwd: ROOT,
  exclude: (path) => /node_modules|\/dist\//.test(path),
}).map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

const config = await loadConfig()

/** Targets of links and pictures, outside of code. */
const links = (text: string) =>
  [...text.replaceAll(/```.*?```|`[^`\n]*`/gs, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)

/** Command lines of `sh` blocks that call domicile, continued lines joined, without what the shell does. */
const commandLines = (text: string) =>
  [...text.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim())
    .filter((line) => /^(sudo )?(\.\/|dist\/|\S*\/)?domicile /.test(line))

/** A command line as the shell hands it over: comment and redirection are gone, quotes are off. */
function wordsOf(line: string): string[] {
  const found = line.matchAll(/((?:"[^"]*"|'[^']*'|[^\s"'])+)/g)
  const words = [...found].map(([word]) => word)
  const end = words.findIndex((word) => /^([#>|&<]|\d?>)/.test(word))
  return (end < 0 ? words : words.slice(0, end)).map((word) => word.replaceAll(/["']/g, ''))
}

/** @throws Error when the program would refuse the line */
async function understand(line: string): Promise<void> {
  const words = wordsOf(line)
  const argv = words.slice(words.findIndex((word) => /(^|\/)domicile$/.test(word)) + 1)
  if (['--version', '--help', 'help'].includes(argv[0] ?? '')) return
  const ids = argv.map((_, index) => argv.slice(0, index + 1).join(':'))
  const id = ids.findLast((candidate) => config.findCommand(candidate))
  if (!id) throw new Error(`no such command: ${line}`)
  const command = await config.findCommand(id, { must: true }).load()
  const flags = { ...command.baseFlags, ...command.flags, ...(command.enableJsonFlag && { json: jsonFlag }) }
  const rest = argv.slice(id.split(':').length).filter((word) => word !== '--help')
  await Parser.parse(rest, { flags, args: command.args, strict: command.strict })
}

const jsonFlag = { type: 'boolean' as const, name: 'json', allowNo: false, parse: async () => true }

test('there is a manual to check', () => {
  expect(pages.length).toBeGreaterThan(20)
  expect(pages.flatMap(({ text }) => commandLines(text)).length).toBeGreaterThan(100)
})

test.each(pages)('$path links to files that exist', ({ path, text }) => {
  const broken = links(text)
    .filter((target) => !/^(https?:|mailto:|#)/.test(target))
    .filter((target) => !existsSync(join(ROOT, dirname(path), target.replace(/#.*$/, ''))))

  expect(broken).toEqual([])
})

test.each(pages)('$path links to headings that exist', ({ path, text }) => {
  const headings = (file: string) =>
    [
      ...readFileSync(file, 'utf8')
        .replaceAll(/```.*?```/gs, '')
        .matchAll(/^#+ (.*)$/gm),
    ].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
  const broken = links(text).filter((target) => {
    const [, file, anchor] = /^([^#:]*)#(.+)$/.exec(target) ?? []
    if (anchor === undefined) return false
    return !headings(file ? join(ROOT, dirname(path), file) : join(ROOT, path)).includes(anchor)
  })

  expect(broken).toEqual([])
})

test.each(pages)('$path shows commands that the program understands', async ({ text }) => {
  const refused: string[] = []
  for (const line of commandLines(text))
    await understand(line).catch(({ message }) => refused.push(`${line}: ${message}`))

  expect(refused).toEqual([])
})

test('a wrong command line would be found', async () => {
  await expect(understand('domicile tsl root')).rejects.toThrow('no such command')
  await expect(understand('domicile status --wath')).rejects.toThrow('--wath')
  await expect(understand('sudo domicile install')).rejects.toThrow('release')
  await expect(
    understand("domicile install r.domicile --accept 'disk-size=later today' # soon"),
  ).resolves.toBeUndefined()
})

test.each(pages)('$path names no place that only its authors know', ({ text }) => {
  expect(text.match(/\/work\/|\.\.\/shared|docker\.io\/|ghcr\.io|registry\.npmjs/g) ?? []).toEqual([])
})

test('what the program advises exists', () => {
  const sources = globSync('{cli,stacks,appliance-image}/**/src/**/*.ts', {
    cwd: ROOT,
    exclude: (path) => /node_modules|\/dist\/|\.test\.ts$/.test(path),
  })
  const advised = sources.flatMap((path) => {
    const source = readFileSync(join(ROOT, path), 'utf8')
    // Comments aside, and texts of the source that begin so and go on with a value.
    const code = source.replaceAll(/^ *(\*|\/\/).*$/gm, '')
    return [...code.matchAll(/(?:\\?`|: )domicile ([a-z][a-z -]*)/g)]
      .filter(({ index, 0: text }) => text.startsWith('\\') || !code.startsWith('${', index + text.length))
      .map(([, words = '']) => words.trim())
  })
  const unknown = advised.filter((words) => {
    const ids = words.split(' ').map((_, index, all) => all.slice(0, index + 1).join(':'))
    return !ids.some((id) => config.findCommand(id))
  })

  expect(advised.length).toBeGreaterThan(30)
  expect(unknown).toEqual([])
})
