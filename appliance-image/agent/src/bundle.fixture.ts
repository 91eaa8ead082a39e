import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll } from 'vitest'
import { bundleAgent } from '../../bundle-agent.ts'

/** The agent as its image runs it: bundled, by the pinned runtime, with the same flags. */

const DOCKERFILE = readFileSync(join(import.meta.dirname, '../Dockerfile'), 'utf8')
const [, command = '[]'] = /^CMD (\["node".*\])$/m.exec(DOCKERFILE) ?? []

/** Between `node` and the program. */
export const FLAGS: readonly string[] = JSON.parse(command).slice(1, -1)

/** Bundles the agent for the tests of one file. @returns where the program is */
export function bundledAgent(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-bundle-'))
  beforeAll(async () => {
    await bundleAgent(folder)
    return () => rmSync(folder, { recursive: true })
  })
  return join(folder, 'agent.cjs')
}
