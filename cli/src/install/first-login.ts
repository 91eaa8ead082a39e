import { readFile } from 'node:fs/promises'
import { writeDurably } from '@domicile/stacks/apply'
import type { Blueprint } from '@domicile/stacks/plan'
import type { Manifest } from '@domicile/stacks/stack'

/** The first login, once: the file that held the password is empty afterwards. `null` when it was shown before. */
export async function firstLogin(
  { login, secrets }: Manifest,
  blueprint: Blueprint,
): Promise<{ user: string; password: string } | null> {
  const spec = blueprint.secrets.find(({ name }) => name === login?.secret)
  if (!login || !spec) return null
  const password = (await readFile(spec.path, 'utf8')).trim()
  if (!password) return null
  if (secrets[login.secret]?.show === 'once') {
    await writeDurably({ path: spec.path, content: '', mode: 0o400, uid: spec.uid, gid: spec.gid })
  }
  return { user: login.user, password }
}
