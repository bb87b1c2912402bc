import { AppError, UsageError } from '../errors/index.ts'
import { statusCodes } from './codec/constants.ts'
import { encodeStatus, encodeVersion } from './codec/packet-writer.ts'
import type { Request, Undecoded } from './codec/requests.ts'
import { maxLoggedRefusals } from './limits.ts'
import { perform } from './operations/operations.ts'
import { isUnexpected, toStatus } from './status.ts'
import type { Visitor } from './visitor.ts'

/** Answers the requests of one channel. */
export interface Answerer {
  /** A reply for each request, even for those that cannot be understood. Never rejects. */
  answer(request: Request | Undecoded): Promise<Buffer>
  /** Logs how many refusals were not logged one by one. */
  sumUp(): void
}

async function reply(visitor: Visitor, request: Request | Undecoded): Promise<Buffer> {
  if (request.type === 'init') return encodeVersion()
  if (request.type === 'malformed') throw request.fault
  if (request.type === 'unknown') {
    throw new UsageError('REQUEST_UNSUPPORTED', 'The server does not have this SFTP request.')
  }
  return perform(visitor, request)
}

/** What a request throws becomes a STATUS, a count, and a line in the log: the first ones of a channel, since a client can cause any number. */
export function createAnswerer(visitor: Visitor, tell: (thrown: unknown) => void): Answerer {
  const { log, tally } = visitor
  let refusals = 0

  function note(request: Request | Undecoded, thrown: unknown): void {
    const code = thrown instanceof AppError ? thrown.code : undefined
    tally.refusedRequests.add(code ?? 'OTHER')
    const fields = { request: request.type, ...(code !== undefined && { code }) }
    if (isUnexpected(thrown)) log.error('SFTP request failed', { ...fields, err: thrown })
    else if (toStatus(thrown).code !== statusCodes.noSuchFile) {
      refusals += 1
      if (refusals <= maxLoggedRefusals) log.info('SFTP request refused', fields)
    }
  }

  return {
    async answer(request) {
      try {
        return await reply(visitor, request)
      } catch (thrown) {
        note(request, thrown)
        tell(thrown)
        const { code, text } = toStatus(thrown)
        return encodeStatus(request.id, code, text)
      }
    },
    sumUp() {
      if (refusals > maxLoggedRefusals) log.info('SFTP requests refused', { count: refusals })
    },
  }
}
