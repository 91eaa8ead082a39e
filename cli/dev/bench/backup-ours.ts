import { execa } from 'execa'
import { backupFolder } from '../../src/backup/folder.ts'
import { bytesBelow, type Cost } from './backup-bare.ts'
import { NAME } from './backup-data.ts'
import { EXECUTABLE, seconds } from './fixture.ts'

/** The same work by the product, as a person would ask for it. */

const domicile = (...args: string[]) => execa(EXECUTABLE, [...args, '--name', NAME])

const { archive } = backupFolder(NAME)

export const snapshot = () => domicile('backup', 'create')

/** What a snapshot takes, and by how much it makes the archive grow. */
export async function ourArchive(): Promise<Cost> {
  const before = await bytesBelow(archive)
  const took = await seconds(snapshot)
  return { seconds: took, bytes: (await bytesBelow(archive)) - before }
}

export const drill = () => seconds(() => domicile('backup', 'drill'))
