import { UsageError } from '../errors/index.ts'

/**
 * The address of a webhook: http or https, no user name or password in it (they would stand in lists and logs), no fragment.
 * Whether it may be reached is judged at each send.
 *
 * @throws UsageError USAGE_INVALID
 */
export function parseWebhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  const refuse = (why: string): never => {
    throw new UsageError('USAGE_INVALID', `The address of a webhook ${why}.`, {
      hint: 'Write it as https://court.example/hooks/docketdrop.',
    })
  }
  if (url === null || !/^https?:$/.test(url.protocol) || text.length > 2000)
    return refuse('starts with https:// (or http:// within your own network)')
  if (url.username !== '' || url.password !== '')
    return refuse('has no user name and no password in it; requests are signed instead')
  if (url.hash !== '') return refuse('has no # in it')
  return url
}
