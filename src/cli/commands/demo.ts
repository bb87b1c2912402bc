import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { watchSignals } from '../wait-for-signal.ts'

/** `docketdrop demo`: the main job once, visibly, in a home of its own. */
export function registerDemo(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description('do the main job once with made-up people, visibly, and keep serving')
    .option('--once', 'end when it is done')
    .action(async ({ once }: { once?: boolean }) => {
      const signals = watchSignals()
      const { runDemo } = await import('../demo/run-demo.ts')
      try {
        await runDemo(context, { isOnce: once === true, stopped: signals.first })
      } finally {
        signals.stop()
      }
    })
}
