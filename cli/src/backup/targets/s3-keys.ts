import { BackupRefusal } from '@domicile/backup/refusal'
import { parseS3Keys, s3Credentials } from '@domicile/backup/targets'

/**
 * Keys of an S3 store, asked for.
 * @param ask two lines: id and secret
 * @returns the file that the engine reads them from
 * @throws BackupRefusal S3_KEYS (usage)
 */
export async function askS3Credentials(ask: () => Promise<string>): Promise<string> {
  const keys = parseS3Keys(await ask())
  if (keys) return s3Credentials(keys)
  throw new BackupRefusal('The keys of an S3 store are two lines: its access key id, then its secret key.', {
    code: 'S3_KEYS',
    hint: 'Give them in a file (--s3-keys FILE) or on standard input (--s3-keys -).',
    kind: 'usage',
  })
}
