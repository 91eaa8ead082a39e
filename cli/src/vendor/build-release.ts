import { rm } from 'node:fs/promises'
import { UserError } from '@domicile/stacks/kernel'
import {
  imageSbom,
  openRelease,
  type PackedRelease,
  packRelease,
  pinKey,
  type ReleaseImage,
  type SecretKey,
  type SignedKeyList,
} from '@domicile/stacks/release'
import type { Stack } from '@domicile/stacks/stack'
import { describeImage, imageReferences, readInventory, saveImages } from './images.ts'

export interface BuildRequest {
  readonly stack: Stack
  readonly secretKey: SecretKey
  readonly keyLists: readonly SignedKeyList[]
  readonly sequence: number
  /** Version of this program: its system images go into the release. */
  readonly domicile: string
  readonly outFile: string
  readonly say: (text: string) => void
}

/** Packs a checked stack, its images, a bill of materials for each, and the signature into one file. */
export async function buildRelease({
  stack,
  secretKey,
  keyLists,
  sequence,
  domicile,
  outFile,
  say,
}: BuildRequest): Promise<PackedRelease> {
  const { name, title, version, date } = stack.manifest
  const images = await Promise.all(
    [...imageReferences(stack, domicile)].map(([role, reference]) => describeImage(role, reference)),
  )
  say('listing what is in each image')
  const sboms = new Map<string, string>()
  const made = new Date(`${date}T00:00:00Z`)
  for (const image of images) sboms.set(image.role, await imageSbom(await readInventory(image), { domicile, made }))
  say('saving, compressing and signing')
  const { archive, done } = saveImages(images.map(({ reference }) => reference))
  const [packed] = await Promise.all([
    packRelease(
      {
        name,
        title,
        version,
        sequence,
        date,
        domicile,
        images,
        imagesArchive: archive,
        stackFiles: stack.files,
        sboms,
        keyLists,
        secretKey,
      },
      outFile,
    ),
    done,
  ])
  await refuseMoved(images, outFile)
  // What leaves the house is read once as the customer's machine will read it.
  await using proof = await openRelease(outFile, pinKey(secretKey.publicKey), { now: new Date() })
  say(`verified: ${proof.sizeBytes} bytes`)
  return packed
}

/** A tag may move while its image is being saved: the release would hold other content than it says and never install. */
async function refuseMoved(images: readonly ReleaseImage[], outFile: string): Promise<void> {
  const now = await Promise.all(images.map(({ role, reference }) => describeImage(role, reference)))
  const moved = images.find(({ digest }, index) => digest !== now[index]?.digest)
  if (!moved) return
  await rm(outFile, { force: true })
  throw new UserError(`The image ${moved.reference} was built anew while it was being packed.`, {
    code: 'IMAGE_MOVED',
    hint: 'Run the command again when no other build is at work.',
  })
}
