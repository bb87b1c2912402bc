/**
 * A docketdrop process in small, for tests that kill it: opens the home given as argument, says so in one line of
 * JSON, and leaves when a line comes in.
 */
import { once } from 'node:events'
import { settings } from '../../../src/config/index.ts'
import { openEmbedded } from '../../../src/db/embedded/index.ts'
import { AppError } from '../../../src/errors/index.ts'
import { createLogger } from '../../../src/log/index.ts'

const home = process.argv[2] ?? ''
try {
  const server = await openEmbedded({
    home,
    settings: settings.shape.postgres.parse({}),
    log: createLogger({ level: 'info', format: 'json' }),
    mayCreate: true,
  })
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
  await once(process.stdin, 'data')
  await server.release()
} catch (error) {
  if (!(error instanceof AppError)) throw error
  process.stdout.write(
    `${JSON.stringify({ code: error.code, message: error.message, hint: error.hint })}\n`,
  )
}
process.stdin.unref()
process.exit(0)
