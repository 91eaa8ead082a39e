import { readdir, readFile } from 'node:fs/promises'
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
  const installed = files.includes('state.json') && !(await isKept(join(dataDir, name, 'state.json')))
  return { name, installed, unfinished: unfinished(journal.read()) !== undefined }
}

/** Whether it was uninstalled with --keep-data: its data waits for the very installation that asks. */
async function isKept(stateFile: string): Promise<boolean> {
  const text = await readFile(stateFile, 'utf8')
  try {
    return JSON.parse(text).status === 'kept'
  } catch {
    return false // damaged, so nobody knows; the command that needs it says where
  }
}
