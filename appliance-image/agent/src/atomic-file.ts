import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Replaces a file so that after a crash at any moment it holds the old text or the new one, whole and on the disk.
 * `mode` is set whatever the umask.
 */
export async function writeFileAtomic(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.new`
  await writeFileSynced(draft, text, mode)
  await rename(draft, path)
  await syncFolder(dirname(path))
}

export async function writeFileSynced(path: string, text: string, mode: number): Promise<void> {
  // A draft that a crash left behind may carry another mode, hence chmod before the text goes in.
  const file = await open(path, 'w', mode)
  try {
    await file.chmod(mode)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Without this the rename itself may be lost in a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The text of a file, or null where there is none. */
export async function readFileIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
