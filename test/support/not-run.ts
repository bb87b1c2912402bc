const reasons: string[] = []

/**
 * Tells that a suite cannot run on this machine; call it instead of registering the suite. The reasons are printed
 * when the run ends. `TEST_REQUIRE=all` turns each into a failure.
 */
export function notRunHere(reason: string): void {
  if (process.env['TEST_REQUIRE'] === 'all') throw new Error(`TEST_REQUIRE=all, but: ${reason}`)
  if (reasons.length === 0) {
    process.once('exit', () => {
      for (const text of reasons) process.stdout.write(`not run here: ${text}\n`)
    })
  }
  reasons.push(reason)
}
