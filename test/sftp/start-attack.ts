import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { until } from '../support/ssh-session.ts'
import type { Attack } from './attacker.ts'

/** A hostile client in a process of its own, so that neither its memory nor its work is counted as the server's. */
export interface RunningAttack {
  /** Settles when it has said so: `begun`, `sent` or `closed`. */
  waitFor(word: 'begun' | 'sent' | 'closed'): Promise<unknown>
  has(word: 'begun' | 'sent' | 'closed'): boolean
  stop(): Promise<void>
}

/** Starts it; it is connected and has begun when this returns. */
export async function startAttack(attack: Attack): Promise<RunningAttack> {
  const script = join(import.meta.dirname, 'attacker.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(attack)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const words = new Set<string>()
  createInterface({ input: child.stdout }).on('line', (line) => words.add(line))
  const running: RunningAttack = {
    waitFor: (word) => until(() => words.has(word), `the attacker to say ${word}`),
    has: (word) => words.has(word),
    async stop() {
      child.kill('SIGKILL')
      await closed
    },
  }
  await running.waitFor('begun')
  return running
}
