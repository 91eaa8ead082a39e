import type { Stage } from '@domicile/stacks/apply'
import type { Step } from '@domicile/stacks/plan'
import { Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2'

/**
 * Shows steps with their times on stderr: live on a terminal, a line each otherwise. Each step is a list of its own,
 * because the order, the undoing and Ctrl-C belong to the operation and not to the renderer.
 */
export function stage(quiet: boolean): Stage {
  return {
    show: async (step: Step, work) => {
      if (quiet) return work(() => undefined)
      const task = (_: unknown, shown: { output: string }) =>
        work((text) => {
          shown.output = text
        })
      await new Listr([{ title: step.title, task }], options()).run()
    },
    undoing: (step) => {
      if (!quiet) process.stderr.write(`  undoing: ${step.title}\n`)
    },
  }
}

function options() {
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr), useIcons: true })
  const terminal = process.stderr.isTTY
  return {
    renderer: terminal ? ('default' as const) : ('simple' as const),
    fallbackRenderer: 'simple' as const,
    rendererOptions: { logger, timer: PRESET_TIMER, collapseErrors: true, showErrorMessage: false },
    registerSignalListeners: false,
    exitOnError: true,
  }
}
