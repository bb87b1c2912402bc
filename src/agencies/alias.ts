import { UsageError } from '../errors/index.ts'

const ownFolders = ['inbox', 'processed', 'error', 'outbox']

function findFault(alias: string): string | undefined {
  if (!alias.startsWith('/')) return 'it must begin with /'
  if (alias === '/') return 'the root leads to the inbox already'
  if (alias.endsWith('/')) return 'it must not end with /'
  if (/\p{Cc}|\p{Cs}|\\/u.test(alias)) return 'it has characters that cannot be used'
  const segments = alias.slice(1).split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return 'it must not have //, . or .. in it'
  if (Buffer.byteLength(alias) > 1024 || segments.some((part) => Buffer.byteLength(part) > 255))
    return 'it is too long'
  if (ownFolders.includes(segments[0] ?? ''))
    return `/${segments[0] ?? ''} has a meaning of its own`
  return undefined
}

/** An absolute folder in its shortest spelling, which an account sees as its inbox. @throws UsageError USAGE_INVALID */
export function assertAlias(alias: string): string {
  const fault = findFault(alias)
  if (fault === undefined) return alias.normalize('NFC')
  throw new UsageError(
    'USAGE_INVALID',
    `The alias cannot be ${JSON.stringify(alias.slice(0, 120))}: ${fault}.`,
    { hint: 'Give the folder that the old job writes to, such as /home/ubuntu.' },
  )
}
