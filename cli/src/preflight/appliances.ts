import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Journal, unfinished } from '@domicile/stacks/apply'
import type { ExistingAppliance } from '@domicile/stacks/preflight'
import { nearestExisting } from './disk.ts'

/** The appliances whose folders are below `dataDir`. */
export async function readAppliances(dataDir: string, signal: AbortSignal): Promise<ExistingAppliance[]> {
  if ((await nearestExisting(dataDir, signal)) !== dataDir) return []
  const entries = await readdir(dataDir, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory())
  return Promise.all(folders.map(({ name }) => readAppliance(dataDir, name)))
}

async function readAppliance(dataDir: string, name: string): Promise<ExistingAppliance> {
  const files = await readdir(join(dataDir, name))
  const journal = new Journal(join(dataDir, name, 'journal.jsonl'))
  return { name, installed: files.includes('state.json'), unfinished: unfinished(journal.read()) !== undefined }
}
