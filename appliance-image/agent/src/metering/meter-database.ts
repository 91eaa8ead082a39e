import type { Queryable } from '@domicile/license/instruments'
import { METER_SECONDS, type MeterName } from '@domicile/license/ledger'
import { codeOf } from '../error-code.ts'

export interface Question {
  readonly name: MeterName
  readonly sql: string
  /** Of a query that counts what came to be: from, until; ISO 8601 in UTC. */
  readonly period: readonly [from: string, until: string] | null
}

export interface Answer {
  readonly name: MeterName
  /** Null: not known. */
  readonly value: number | null
  /** Why it is not: SQLSTATE, or `NOT_ONE_INTEGER`. Never a text of the database's: it may quote what is stored there. */
  readonly problem: string | null
  /** How long the database worked on it, the way there and back included. */
  readonly costMs: number
}

export interface Answers {
  /** To the questions in their order; fewer when the database went away. */
  readonly answers: readonly Answer[]
  /** Why the database does not answer at all, as a code; null while it does. */
  readonly unreachable: string | null
}

/** What answers questions. */
export interface Meterable {
  transaction<T>(work: (session: Queryable) => Promise<T>, begin?: string): Promise<T>
}

/** A meter that takes longer is unknown. For a lock it waits even less: nobody else may have to wait behind it. */
export const STATEMENT_MS = METER_SECONDS * 1000
const LOCK_MS = 200
const BEGIN = `BEGIN READ ONLY; SET LOCAL statement_timeout = ${STATEMENT_MS}; SET LOCAL lock_timeout = ${LOCK_MS}; SET LOCAL timezone = 'UTC'`

/**
 * Asks the stack's meters, all in one transaction that can only read. One that fails is left out and the others are asked
 * in another, so that none spoils the rest. Never throws.
 */
export async function askMeters(
  database: Meterable,
  questions: readonly Question[],
  elapsedMs: () => number,
): Promise<Answers> {
  const answers: Answer[] = []
  while (answers.length < questions.length) {
    let began: number | null = null
    try {
      await database.transaction(async (session) => {
        for (const question of questions.slice(answers.length)) {
          began = elapsedMs()
          const value = await numberOf(session, question)
          const problem = value === null ? 'NOT_ONE_INTEGER' : null
          answers.push({ name: question.name, value, problem, costMs: elapsedMs() - began })
        }
      }, BEGIN)
    } catch (error) {
      const failed = questions[answers.length]
      if (!failed) break
      const problem = codeOf(error)
      if (began === null || !isOfStatement(problem)) return { answers, unreachable: problem }
      answers.push({ name: failed.name, value: null, problem, costMs: elapsedMs() - began })
    }
  }
  return { answers, unreachable: null }
}

/**
 * Whatever a query returns, two short texts at most come back: rows without end would fill the agent's memory.
 * As a subquery it can change nothing, and with values it is one statement.
 */
async function numberOf(session: Queryable, { sql, period }: Question): Promise<number | null> {
  const text = `SELECT left(answer.value::text, 40) AS value FROM (\n${sql.replace(/;\s*$/, '')}\n) AS answer(value) LIMIT 2`
  const { rows } = await session.query<{ value: string | null }>(text, period ?? [])
  const [row, more] = rows
  const value = row?.value
  if (more || typeof value !== 'string' || !/^-?\d{1,16}$/.test(value)) return null
  return Number.isSafeInteger(Number(value)) ? Number(value) : null
}

/** It was the statement that failed, and not the connection or the server. */
const isOfStatement = (code: string) => /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|58|XX)/.test(code) && code !== 'EPIPE'
