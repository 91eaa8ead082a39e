import type { Stage } from '@domicile/stacks/apply'
import type { Step } from '@domicile/stacks/plan'
import { Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2'

/**
 * Shows steps with their times on stderr: live on a terminal, one line for each that is done otherwise. Each step is a
 * list of its own, because the order, the undoing and Ctrl-C belong to the operation and not to the renderer.
 */
export function stage(quiet: boolean): Stage {
  return {
    show: quiet ? (_, work) => work(() => undefined) : process.stderr.isTTY ? showLive : showLines,
    undoing: (step) => {
      if (!quiet) process.stderr.write(`  undoing: ${step.title}\n`)
    },
  }
}

const showLines: Stage['show'] = async ({ title }, work) => {
  const began = performance.now()
  await work(() => undefined)
  process.stderr.write(`  ✔ ${title}  ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
}

async function showLive({ title }: Step, work: Parameters<Stage['show']>[1]): Promise<void> {
  const task = (_: unknown, shown: { output: string }) =>
    work((text) => {
      shown.output = text
    })
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr), useIcons: true })
  await new Listr([{ title, task }], {
    rendererOptions: { logger, timer: PRESET_TIMER, collapseErrors: true, showErrorMessage: false },
    registerSignalListeners: false,
  }).run()
}
