import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { $ } from 'zx'
import { buildImages, imageReference } from '../build-images.ts'

const shell = $({ quiet: true })
let folder: string

beforeAll(async () => {
  await buildImages({ only: ['base'] })
  folder = await mkdtemp(join(tmpdir(), 'domicile-base-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function digestOfNewRootfs(name: string): Promise<string> {
  const tar = join(folder, name)
  await shell`${join(import.meta.dirname, 'make-rootfs')} ${tar}`
  const hash = createHash('sha256')
  await pipeline(createReadStream(tar), hash)
  return `sha256:${hash.digest('hex')}`
}

const inImage = async (script: string) =>
  (await shell`docker run --rm ${imageReference('base')} bash -c ${script}`).stdout

test('two builds from the same packages give the same bytes', async () => {
  const layers = await shell`docker image inspect --format ${'{{index .RootFS.Layers 0}}'} ${imageReference('base')}`
  const first = await digestOfNewRootfs('first.tar')

  // The image is a build too. Only when the archive has moved on since then does it take another one to compare with.
  const other = layers.stdout.trim() === first ? first : await digestOfNewRootfs('second.tar')

  expect(other).toBe(first)
})

test('an image that is up to date is not built again', async () => {
  expect(await buildImages({ only: ['base'] })).toMatchObject([{ changed: false }])
})

test('no program changes its user, none fetches from the network', async () => {
  expect(await inImage('find / -xdev -perm /6000 -type f')).toBe('')
  expect(await inImage('type -P curl wget nc || true')).toBe('')
})

test('no caches, logs, host name or manuals are left', async () => {
  const left = 'find /var/lib/apt/lists /var/cache/apt /var/log /usr/share/man -type f; cat /etc/machine-id'
  expect(await inImage(left)).toBe('')
})

test('every package comes with its terms', async () => {
  const without = `dpkg-query --show --showformat='\${Package}\n' |
    while read -r name; do [[ -e /usr/share/doc/$name/copyright ]] || echo "$name"; done`
  expect(await inImage(without)).toBe('')
})

test.each([
  ['200', '0\n'],
  ['503', '1\n'],
])('http-healthy passes a server that answers %s: exit code %s', async (status, exitCode) => {
  const server = `$l = IO::Socket::INET->new(Listen => 1, LocalPort => 8000); $c = $l->accept;
    1 while <$c> =~ /\\S/; print $c "HTTP/1.0 ${status} x\r\n\r\n"; close $c`
  const listening = `grep -q :1F40 /proc/net/tcp`

  const script = `perl -MIO::Socket -e '${server}' & until ${listening}; do sleep .05; done
    http-healthy 8000 /health 2>/dev/null; echo $?`

  expect(await inImage(script)).toBe(exitCode)
})
