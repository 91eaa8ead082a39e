import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { ExitCode, UserError } from '../kernel/index.ts'
import { FileCursor } from './file-cursor.ts'
import { keyListName, LIMITS, limitBytes, RELEASE, SIGNATURE, SUMS } from './layout.ts'
import { altered, missing, unlisted, unrecognised, unsigned } from './refusals.ts'
import { printable, type TarHeader } from './tar.ts'
import type { SignedKeyList } from './trust.ts'

/** The first entries of a release file as they were found: nothing of it is proven yet. */
export interface Head {
  readonly sums: Buffer
  readonly signature: Buffer
  readonly keyLists: readonly SignedKeyList[]
  readonly releaseJson: Buffer
  /** Everything above by name, as bytes. */
  readonly contents: ReadonlyMap<string, Buffer>
  /** Times stated by the entries; all must be the release day. */
  readonly modified: ReadonlySet<number>
}

/** Opens without following what is not a file: a pipe or a device could keep us waiting for ever. */
export async function openFile(path: string): Promise<FileCursor> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    const absent = cause.code === 'ENOENT'
    throw new UserError(absent ? `There is no file ${path}.` : `The file ${path} cannot be read (${cause.code}).`, {
      code: absent ? 'RELEASE_NOT_FOUND' : 'RELEASE_UNREADABLE',
      hint: absent ? 'Check the path.' : 'Check that you may read it.',
      exitCode: absent ? ExitCode.NotFound : ExitCode.Usage,
      cause,
    })
  })
  const status = await handle.stat()
  if (status.isFile()) return new FileCursor(handle, status.size)
  await handle.close()
  throw new UserError(`${path} is not a file.`, {
    code: 'RELEASE_UNREADABLE',
    hint: 'Give the release file itself, not a folder.',
    exitCode: ExitCode.Usage,
  })
}

/** Reads the beginning of a release, each entry within its limit. */
export async function readHead(cursor: FileCursor): Promise<Head> {
  const contents = new Map<string, Buffer>()
  const modified = new Set<number>()
  const take = async ({ name, sizeBytes, modified: time }: TarHeader): Promise<Buffer> => {
    modified.add(time)
    const content = await cursor.content(name, sizeBytes, limitBytes(name))
    contents.set(name, content)
    return content
  }

  if (cursor.sizeBytes === 0) throw unrecognised('it is empty')
  const first = await cursor.header()
  if (first.kind === 'damaged') throw unrecognised(first.reason)
  if (first.kind === 'end' || first.name !== SUMS) throw unrecognised(`it does not begin with ${SUMS}`)
  const sums = await take(first)

  const second = await cursor.header()
  if (second.kind === 'damaged') throw altered(SIGNATURE, second.reason)
  if (second.kind === 'end' || second.name !== SIGNATURE) throw unsigned()
  const signature = await take(second)

  const keyLists: SignedKeyList[] = []
  for (let index = 0; index <= LIMITS.keyLists; index++) {
    const name = keyListName(index)
    const found = await expectHeader(cursor, [name, RELEASE])
    const content = await take(found)
    if (found.name === RELEASE) return { sums, signature, keyLists, releaseJson: content, contents, modified }
    const proof = await take(await expectHeader(cursor, [`${name}.minisig`]))
    keyLists.push({ json: content.toString(), signature: proof.toString() })
  }
  throw unlisted('too many key lists')
}

async function expectHeader(cursor: FileCursor, names: readonly string[]): Promise<TarHeader> {
  const found = await cursor.header()
  const wanted = names.at(-1) ?? ''
  if (found.kind === 'damaged') throw altered(`What should be ${wanted}`, found.reason)
  if (found.kind === 'end') throw missing(wanted)
  if (!names.includes(found.name)) throw altered(`What should be ${wanted}`, `it is named ${printable(found.name)}`)
  return found
}
