import { loadInternals } from './ssh2-internals.ts'

/** Whether ssh2 encrypts with its compiled part; without it everything works, more slowly. */
export function hasNativeCrypto(): boolean {
  return loadInternals().bindingAvailable
}
