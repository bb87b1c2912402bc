import type { OpenMode } from '../../inbox/index.ts'
import { openFlags } from '../codec/constants.ts'

/** Reads `pflags` bit by bit. WinSCP resumes with WRITE|CREAT, curl and PuTTY with WRITE alone: every mixture occurs. Who asks to READ and not to WRITE gets nothing written. */
export function toOpenMode(flags: number): OpenMode {
  const has = (flag: number): boolean => (flags & flag) !== 0
  const { read, write, append, create, truncate, exclusive } = openFlags
  return {
    read: has(read),
    write: has(write | append) || (!has(read) && has(create | truncate)),
    create: has(create),
    truncate: has(truncate),
    exclusive: has(exclusive),
    append: has(append),
  }
}
