import type { Question } from '@domicile/stacks/stack'
import { confirm, input, select } from '@inquirer/prompts'

type Answer = string | number | boolean

/** Asks one setting on the terminal and does not take an answer that the stack refuses. */
export const asker =
  () =>
  async (question: Question, problem: (value: Answer) => string | undefined): Promise<Answer> => {
    const { title, description, type, choices } = question
    const message = description ? `${title} (${description})` : title
    const context = { output: process.stderr }
    if (type === 'boolean') return confirm({ message, default: question.default === true }, context)
    if (choices) return select({ message, choices: choices.map((value) => ({ value })) }, context)
    const parse = (text: string): Answer => (type === 'string' ? text.trim() : Number(text))
    const answer = await input(
      {
        message,
        ...(question.default !== undefined && { default: String(question.default) }),
        validate: (text) => problem(parse(text)) ?? true,
      },
      context,
    )
    return parse(answer)
  }
