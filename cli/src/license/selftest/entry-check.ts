import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Blueprint } from '@domicile/stacks/plan'
import type { Expected, Finding } from './laws.ts'

/** The gateway may use an older verdict for some seconds. */
const PATIENCE_MS = 15_000
const POLL_MS = 500
const NOTICE_COOKIE = 'domicile_notice='

interface Answer {
  readonly status: number
  readonly cookie: string | undefined
  readonly body: string
}

/**
 * Goes to the application as a browser does, over HTTPS and through the gateway, until what should be seen is seen. A
 * reminder is read and clicked away. Not with a certificate that browsers trust: the scratch copy has an authority of its
 * own, and it listens on this host alone.
 */
export async function checkEntry(blueprint: Blueprint, wanted: Expected, signal: AbortSignal): Promise<Finding> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const finding = await look(blueprint)
    if (finding.outcome === wanted || Date.now() > until) return finding
    await sleep(POLL_MS, undefined, { signal })
  }
}

async function look(blueprint: Blueprint): Promise<Finding> {
  try {
    const first = await visit(blueprint, '')
    const reminded = first.cookie !== undefined
    const { status, body } = reminded ? await visit(blueprint, first.cookie ?? '') : first
    const title = /<title>([^<]*)<\/title>/.exec(body)?.[1]?.trim() ?? 'no title'
    const detail = `HTTP ${status}: ${title}${reminded ? `, after a reminder: ${headingOf(first.body)}` : ''}`
    if (status === 200) return { check: 'entry', outcome: 'done', detail }
    // Said by the gate, and said why: a failing application has other answers.
    const says = (status === 402 || status === 403) && /<p>[^<]+<\/p>/.test(body)
    return { check: 'entry', outcome: says ? 'refused' : 'failed', detail }
  } catch (error) {
    return { check: 'entry', outcome: 'failed', detail: (error as Error).message }
  }
}

const headingOf = (body: string) => /<h1>([^<]*)<\/h1>/.exec(body)?.[1] ?? ''

function visit({ containers, url }: Blueprint, cookie: string): Promise<Answer> {
  const port = containers
    .find(({ service }) => service === 'gateway')
    ?.ports.find(({ container }) => container === 8443)
  const browser = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const headers = { host: new URL(url).host, ...browser, ...(cookie && { cookie }) }
  return new Promise((resolve, reject) => {
    const place = { host: port?.address, port: port?.host, path: '/', agent: false, timeout: 10_000 }
    const call = request({ ...place, headers, rejectUnauthorized: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        body = (body + chunk).slice(0, 1_000_000)
      })
      answer.on('error', reject).on('end', () => {
        const given = answer.headers['set-cookie']?.find((text) => text.startsWith(NOTICE_COOKIE))
        resolve({ status: answer.statusCode ?? 0, cookie: given?.split(';', 1)[0], body })
      })
    })
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')))
    call.on('error', reject).end()
  })
}
