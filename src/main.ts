#!/usr/bin/env node
/** Process entry: runs the command line and sets the exit code. */
import { run } from './cli/index.ts'

const code = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
})
process.exitCode = code
