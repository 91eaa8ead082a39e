import { existsSync } from 'node:fs'
import { readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { keyAdd, keyList, keyRemove, type Place } from '@domicile/backup/archive'
import { jsonOf } from '@domicile/backup/json'
import { BackupRefusal } from '@domicile/backup/refusal'
import { makeSecret, writeDurably } from '@domicile/stacks/apply'
import type { Mount } from '@domicile/stacks/plan'
import { z } from 'zod'
import type { Room } from '../room.ts'
import { KEY_LENGTH } from './key-length.ts'

/** The repository whose key is changed, and the file that its key is in. */
export interface Rotated {
  readonly keyFile: string
  /** A room with the repository and what else is mounted. */
  readonly open: <T>(mounts: Mount[], work: (room: Room, place: Place) => Promise<T>) => Promise<T>
}

/** What may be killed between; each has happened when it is told. */
export const ROTATION_STEPS = ['note', 'new key', 'added', 'opened', 'switched', 'removed'] as const
export type RotationStep = (typeof ROTATION_STEPS)[number]

const KEYS = '/run/keys'
const noteSchema = z.strictObject({ format: z.literal(1), old: z.string().regex(/^[0-9a-f]{8,64}$/) })
const keysSchema = z.array(z.object({ current: z.boolean(), id: z.string() }))

/**
 * Gives a repository another key: the new one is added and seen to open it before the old one goes, and the file of the key
 * changes at once in between. Killed anywhere, the file or `<file>.next` opens the repository, and the next call goes on.
 * The caller holds the backup lock.
 * @returns whether the old key opens nothing any more: where nothing can be removed it goes on to do so
 * @throws BackupRefusal ARCHIVE_KEY_WRONG, KEY_NOT_ADDED, KEY_DOES_NOT_OPEN; the old key is in force then
 */
export async function rotateKey(
  { keyFile, open }: Rotated,
  reached: (step: RotationStep) => Promise<void> = async () => undefined,
): Promise<{ removed: boolean }> {
  const [next, noteFile] = [`${keyFile}.next`, `${keyFile}.rotation`]
  const folder: Mount = { type: 'bind', source: dirname(keyFile), target: KEYS, readOnly: true }
  return open([folder], async (room, place) => {
    const inForce = { ...place, passwordFile: `${KEYS}/${basename(keyFile)}` }
    const coming = { ...place, passwordFile: `${KEYS}/${basename(next)}` }
    const begun = await readNote(noteFile)
    const old = begun !== null && existsSync(next) ? begun.old : await currentKey(room, inForce)
    if (!(await isSame(keyFile, next))) {
      await durable(noteFile, `${JSON.stringify({ format: 1, old })}\n`, 0o600)
      await reached('note')
      if (!existsSync(next)) await durable(next, makeSecret(KEY_LENGTH), 0o400)
      await reached('new key')
      if (!(await opens(room, coming))) await add(room, inForce, coming)
      await reached('added')
      if (!(await opens(room, coming))) throw doesNotOpen(next)
      await reached('opened')
      const { uid, gid, mode } = await stat(keyFile)
      const content = await readFile(next, 'utf8')
      await writeDurably({ path: keyFile, content, mode: mode & 0o777, uid, gid })
      await reached('switched')
    }
    const removed = await remove(room, coming, old)
    await reached('removed')
    await rm(next)
    await rm(noteFile)
    return { removed }
  })
}

const durable = (path: string, content: string, mode: number) => writeDurably({ path, content, mode, uid: 0, gid: 0 })

async function isSame(one: string, other: string): Promise<boolean> {
  return existsSync(other) && (await readFile(one, 'utf8')) === (await readFile(other, 'utf8'))
}

async function readNote(path: string): Promise<{ old: string } | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  const read = noteSchema.safeParse(jsonOf(text))
  return read.success ? read.data : null
}

/** @throws BackupRefusal ARCHIVE_KEY_WRONG when that password opens nothing */
async function currentKey(room: Room, place: Place): Promise<string> {
  const id = (await keysOf(room, place))?.find(({ current }) => current)?.id
  if (id !== undefined) return id
  throw new BackupRefusal('The key in force does not open the repository, so that it cannot be changed.', {
    code: 'ARCHIVE_KEY_WRONG',
    hint: 'Nothing was changed. The right key is on the recovery sheet; see also that the repository is there.',
    kind: 'unverified',
  })
}

async function keysOf(room: Room, place: Place) {
  const { exitCode, stdout } = await room.exec(keyList(place))
  const read = keysSchema.safeParse(jsonOf(stdout))
  return exitCode === 0 && read.success ? read.data : null
}

const opens = async (room: Room, place: Place) => (await keysOf(room, place)) !== null

async function add(room: Room, oldPlace: Place, newPlace: Place): Promise<void> {
  const { exitCode, stderr } = await room.exec(keyAdd(oldPlace, newPlace.passwordFile))
  if (exitCode === 0) return
  throw new BackupRefusal(`The new key could not be added: ${stderr.trim().slice(-500)}`, {
    code: 'KEY_NOT_ADDED',
    hint: 'The old key is in force, and the sheet is good. When what is said above is mended, run it again.',
    kind: 'failed',
  })
}

/** By the new key: no key can remove itself. Where nobody says which keys there are now, the old one may be among them. */
async function remove(room: Room, place: Place, old: string): Promise<boolean> {
  await room.exec(keyRemove(place, old))
  return (await keysOf(room, place))?.every(({ id }) => id !== old) ?? false
}

const doesNotOpen = (next: string) =>
  new BackupRefusal('The new key was added and does not open the repository.', {
    code: 'KEY_DOES_NOT_OPEN',
    hint: `The old key is in force. Remove ${next}, look at the disk, and run it again.`,
    kind: 'failed',
  })
