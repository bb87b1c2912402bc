/**
 * cli — the command line: every command, its output for people and for programs, its exit code.
 *
 * In:  arguments, streams, environment. Out: an exit code. Promise: data on stdout and everything else on stderr;
 * `--json` prints one document; no prompt without a terminal; errors say what to do next.
 */
export { run } from './run.ts'
export type { CliStreams } from './streams.ts'
