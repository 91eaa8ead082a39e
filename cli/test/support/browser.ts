import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { type BrowserContext, chromium } from 'playwright-core'
import type { Site } from './web.ts'
import { workshop } from './workshop.ts'

const QUIET = [
  ...['--headless', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-sandbox', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
]

/** Debian's Chromium, as a person has it who trusts the site's root certificate and whose DNS knows its name. */
export async function browse<T>(site: Site, work: (context: BrowserContext, url: string) => Promise<T>): Promise<T> {
  const { address, port = 443, hostname } = site
  const home = await mkdtemp(join(tmpdir(), 'domicile-browser-'))
  await trust(home, site)
  const names = `--host-resolver-rules=MAP ${hostname} ${address}`
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...QUIET, names],
    env: { ...process.env, HOME: home },
  })
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    return await work(context, `https://${hostname}:${port}/`)
  } catch (error) {
    const pages = browser.contexts().flatMap((context) => context.pages())
    await pages[0]?.screenshot({ path: join(workshop.artifacts, 'failed.png') })
    throw error
  } finally {
    await browser.close()
    await rm(home, { recursive: true })
  }
}

/** Where Chromium looks for the roots that a person added. */
async function trust(home: string, { root }: Site): Promise<void> {
  const database = join(home, '.pki/nssdb')
  await mkdir(database, { recursive: true })
  await execa('certutil', ['-N', '--empty-password', '-d', `sql:${database}`])
  await execa('certutil', ['-A', '-d', `sql:${database}`, '-n', 'root', '-t', 'C,,'], { input: root })
}
