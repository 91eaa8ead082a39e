import { readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { startAgent } from './agent.ts'
import { forkedAuditor } from './auditing/forked-auditor.ts'
import { forkedPlanner } from './backing-up/forked-planner.ts'
import { parseConfig } from './config.ts'
import { forkedJudge } from './licensing/forked-judge.ts'
import { jsonLog, messageOf } from './log.ts'
import { forkedIssuer } from './tls/forked-issuer.ts'

/** `agent [CONFIG]`: the appliance's one resident service. */
const DEFAULT_CONFIG = '/etc/domicile/agent.json'

/** The only clock there is. */
const clock = () => new Date()

function runAgent(configPath: string): void {
  const log = jsonLog(clock)
  const stop = new AbortController()
  const end = (event: string, code: number, fields?: Record<string, unknown>) => {
    log(event, fields)
    stop.abort()
    // Whatever is half-written is a draft beside the file that counts, so there is nothing to wait for.
    process.exit(code)
  }
  const fail = (error: unknown) => end('failed', 1, { message: messageOf(error) })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end('stopped', 0, { signal }))
  process.on('uncaughtException', fail)
  process.umask(0o027)

  const [, program = ''] = process.argv
  // Programs beside this one, and bundled like it: what they take is not read into the memory of the agent.
  const beside = (name: string) => join(dirname(program), `${name}${extname(program)}`)
  const start = async () => {
    const config = parseConfig(readFileSync(configPath, 'utf8'))
    const issuer = forkedIssuer(beside('issue-one'), stop.signal)
    const judge = forkedJudge(beside('judge-one'), stop.signal)
    const auditor = forkedAuditor(beside('audit-one'), stop.signal)
    const planner = forkedPlanner(beside('plan-one'), stop.signal)
    await startAgent(config, { issuer, judge, auditor, planner, clock, random: Math.random, log })
  }
  start().catch(fail)
}

runAgent(process.argv[2] ?? DEFAULT_CONFIG)
