import { type Engine, isImage, Journal } from '@domicile/stacks/apply'
import { applianceNames, journalPath, readState, type StateRecord } from './records.ts'

/** References of images that this appliance brought, that no other one needs, and that still name what was brought. */
export async function imagesToRemove(name: string, state: StateRecord | undefined, engine: Engine): Promise<string[]> {
  // With a neighbour's record damaged nobody knows which images it needs, and all of them stay.
  const others = await otherAppliances(name).catch(() => undefined)
  if (!others) return []
  const needed = new Set(others.flatMap(({ images }) => images.map(({ reference }) => reference)))
  const own = brought(name, state).filter((reference) => !needed.has(reference))
  const images = state?.images.filter(({ reference }) => own.includes(reference)) ?? []
  const found = await Promise.all(images.map(({ reference }) => engine.findImage(reference)))
  return images.filter((image, index) => isImage(image, found[index])).map(({ reference }) => reference)
}

/** References of images that the other appliances of this host brought. */
export async function imagesOfOthers(name: string): Promise<string[]> {
  return (await otherAppliances(name)).flatMap((other) => brought(other.name, other))
}

/** Those that run from their images; what only kept its data needs none until it is installed again. */
async function otherAppliances(name: string): Promise<StateRecord[]> {
  const names = (await applianceNames()).filter((other) => other !== name)
  const states = await Promise.all(names.map(readState))
  return states.filter((state) => state !== undefined).filter(({ status }) => status !== 'kept')
}

/** All images but those that the host had before this installation began, as its journal knows. */
function brought(name: string, state: StateRecord | undefined): string[] {
  const entries = readJournal(name)
  if (!entries) return []
  const before = entries.find((entry) => entry.event === 'start' && entry.step === 'images')
  const present = before?.event === 'start' ? (before.before as { present: string[] }).present : []
  return (state?.images ?? []).map(({ reference }) => reference).filter((reference) => !present.includes(reference))
}

/** `undefined` when it is damaged: then nobody knows which images were here before, and all of them stay. */
function readJournal(name: string) {
  try {
    return new Journal(journalPath(name)).read()
  } catch {
    return undefined
  }
}
