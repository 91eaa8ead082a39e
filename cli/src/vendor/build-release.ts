import {
  imageSbom,
  type PackedRelease,
  packRelease,
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
  return packed
}
