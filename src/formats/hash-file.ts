import { createHash } from 'node:crypto'
import { readChunks } from './read-chunks.ts'

/** SHA-256 of a file's bytes, lower-case hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of readChunks(path)) hash.update(chunk)
  return hash.digest('hex')
}
