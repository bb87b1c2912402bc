import type { ServerChannel } from 'ssh2'

const oldScp = /^\s*(\S*\/)?scp\s(.*\s)?-[a-z]*[tf]/

function explain(command: string | undefined): string {
  if (command === undefined) return 'This server speaks SFTP only; it has no shell.'
  if (oldScp.test(command)) {
    return 'This server speaks SFTP only. Use sftp, or scp without the option -O (OpenSSH 8.7 and 8.x: scp -s), or choose SFTP instead of SCP in your program.'
  }
  return 'This server speaks SFTP only; it runs no commands.'
}

/**
 * Ends a channel on which a shell or a command was asked for, with exit status 1 and a sentence on its standard error.
 *
 * A refusal of the request itself would reach people as "request failed on channel 0", from which nobody learns what to do.
 */
export function refuseProgram(channel: ServerChannel, command?: string): void {
  channel.on('error', () => channel.close())
  channel.resume()
  channel.stderr.write(`${explain(command)}\r\n`)
  channel.exit(1)
  channel.end()
}
