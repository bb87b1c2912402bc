import { open } from 'node:fs/promises'

const chunkBytes = 512 * 1024

/**
 * The bytes of a file, in order, while the next ones are being read. Each chunk is good until the one after it is asked for: two buffers
 * serve the whole file, where a stream would leave one behind for each chunk.
 */
export async function* readChunks(path: string): AsyncGenerator<Buffer, void> {
  const file = await open(path, 'r')
  let ahead: Promise<Buffer> | undefined
  try {
    const buffers = [
      Buffer.allocUnsafeSlow(chunkBytes),
      Buffer.allocUnsafeSlow(chunkBytes),
    ] as const
    const read = async (buffer: Buffer, at: number): Promise<Buffer> => {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      return buffer.subarray(0, bytesRead)
    }
    let at = 0
    let chunk = await read(buffers[0], at)
    for (let turn = 1; chunk.length > 0; turn += 1) {
      at += chunk.length
      ahead = read(buffers[turn % 2 === 0 ? 0 : 1], at)
      yield chunk
      chunk = await ahead
      ahead = undefined
    }
  } finally {
    // The buffer is still being written to.
    await ahead?.catch(() => undefined)
    await file.close()
  }
}
