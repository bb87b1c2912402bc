import { basename } from 'node:path'
import { createReplay } from './replay.ts'
import type { LocalFile, Sender } from './sender.ts'

/** Sends the beginning of a file and lets the connection die without CLOSE, as a broken line does. */
export async function cutTransfer(
  sender: Sender,
  file: LocalFile,
  share = 0.5,
  path = `/inbox/${file.name}`,
): Promise<void> {
  const replay = await createReplay(sender.target)
  const handle = await replay.open(path, 'write create truncate')
  const part = file.content.subarray(0, Math.floor(file.content.length * share))
  await replay.writeAll(handle, part)
  await replay.drop()
  await sender.awaitState(basename(path), ['partial'])
}
