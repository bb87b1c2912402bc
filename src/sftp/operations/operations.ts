import type { Request, RequestType } from '../codec/requests.ts'
import type { Visitor } from '../visitor.ts'
import { fsetstat, fstat, setstat, stat } from './attributes.ts'
import { extended } from './extended.ts'
import { close, open, read, write } from './files.ts'
import { mkdir, opendir, readdir, rmdir } from './folders.ts'
import type { Handler } from './handler.ts'
import { realpath, refuseLink, remove, rename } from './names.ts'

/** What is done for each type of request. */
const operations: { readonly [Type in RequestType]: Handler<Type> } = {
  open,
  close,
  read,
  write,
  lstat: stat,
  fstat,
  setstat,
  fsetstat,
  opendir,
  readdir,
  remove,
  mkdir,
  rmdir,
  realpath,
  stat,
  rename,
  readlink: refuseLink,
  symlink: refuseLink,
  extended,
}

/** Does what the request asks for; gives the encoded reply. What it throws becomes a STATUS. */
export function perform(visitor: Visitor, request: Request): Promise<Buffer> {
  // The compiler cannot see that table and request agree on the type; the mapped types on both sides do.
  const handler = operations[request.type] as Handler<RequestType>
  return handler(visitor, request)
}
