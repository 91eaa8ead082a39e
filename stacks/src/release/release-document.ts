import { createHash } from 'node:crypto'
import { z } from 'zod'
import { IMAGES, isInOrder, keyListName, LIMITS, RELEASE } from './layout.ts'
import { contradictory, newerFormat } from './refusals.ts'

/** `release.json`: what the release is and everything in it. */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const sizeBytes = z.int().nonnegative()
/** Shown on terminals before anybody has proven it: nothing in it may move a cursor. */
const shown = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, 'must be one line without control characters')

export const releaseImageSchema = z.object({
  role: shown(63).describe('Service of compose.yaml, or a part of every appliance such as postgres.'),
  reference: shown(255).describe('Name and tag under which the archive holds the image.'),
  digest: digest.describe('Image ID: the digest of its configuration.'),
  layers: z.array(digest).min(1).max(200).describe('Digests of the uncompressed layers, lowest first.'),
  sizeBytes,
})

export const releaseSchema = z.object({
  format: z.literal(1),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  title: shown(80),
  version: z.string().regex(/^\d+\.\d+(\.\d+)*(-[\w.]+)?$/),
  sequence: z.int().positive().describe('Grows with every release of this name; an older one is refused.'),
  date: z.iso.date().refine((day) => day >= '1970', 'must not be before 1970'),
  domicile: shown(40).describe('Version of the program that built the release.'),
  keyId: z
    .string()
    .regex(/^[0-9A-F]{16}$/)
    .describe('Of the key that signs the release.'),
  images: z.array(releaseImageSchema).max(200),
  unpackedBytes: sizeBytes.describe('Size of images.tar.zst when decompressed.'),
  files: z
    .array(z.object({ path: z.string(), sizeBytes, sha256 }))
    .min(1)
    .max(LIMITS.entries)
    .describe('Every other entry of the release, in order.'),
})

export type Release = z.infer<typeof releaseSchema>
export type ReleaseImage = z.infer<typeof releaseImageSchema>
export type ReleaseFile = Release['files'][number]

export const formatRelease = (release: Release): string => `${JSON.stringify(release, null, 2)}\n`

/**
 * Reads a release.json whose signature has been verified.
 * @throws UserError RELEASE_FORMAT_NEWER, RELEASE_CONTRADICTORY
 */
export function parseRelease(text: string): Release {
  const document = parseJson(text) as { format?: unknown } | undefined
  if (typeof document?.format === 'number' && document.format > 1) throw newerFormat(document.format)
  const { success, data, error } = releaseSchema.safeParse(document)
  if (!success) throw contradictory(`${RELEASE} is not in its format (${z.prettifyError(error).replace(/\s+/g, ' ')})`)
  const fault = faultOf(data)
  if (fault) throw contradictory(`${RELEASE} ${fault}`)
  return data
}

function faultOf({ files, images }: Release): string | undefined {
  const paths = files.map(({ path }) => path)
  if (!isInOrder(paths)) return 'lists files with wrong names or in a wrong order'
  if (paths.at(-1) !== IMAGES) return `does not list ${IMAGES} as the last file`
  if (paths.includes(RELEASE)) return 'lists itself'
  const lists = paths.filter((path) => path.startsWith('keys/'))
  const wanted = lists.map((_, index) => keyListName(index >> 1) + (index % 2 ? '.minisig' : ''))
  if (lists.length % 2 || lists.some((path, index) => path !== wanted[index])) return 'lists keys with gaps'
  const small = files.reduce((sum, file) => sum + (file.path === IMAGES ? 0 : file.sizeBytes), 0)
  if (small > LIMITS.inMemoryBytes) return `lists more than ${LIMITS.inMemoryBytes} bytes beside the images`
  if (new Set(images.map(({ role }) => role)).size < images.length) return 'names a role of an image twice'
  return undefined
}

/** What the signature says in plain words; minisign prints it. */
export const trustedComment = ({ name, version, sequence }: Release): string =>
  `domicile release ${name} ${version} sequence ${sequence}`

/** The text of SHA256SUMS for a release and its release.json, in the format of `sha256sum`. */
export function checksums(release: Release, releaseJson: Uint8Array): string {
  const keys = release.files.filter(({ path }) => path.startsWith('keys/'))
  const rest = release.files.slice(keys.length)
  const self = { path: RELEASE, sha256: createHash('sha256').update(releaseJson).digest('hex') }
  return [...keys, self, ...rest].map((file) => `${file.sha256}  ${file.path}\n`).join('')
}

/** Seconds since the epoch at the start of the release day: the time of every entry of the file. */
export const modifiedOf = ({ date }: Pick<Release, 'date'>): number => Date.parse(`${date}T00:00:00Z`) / 1000

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
