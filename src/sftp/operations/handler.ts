import type { Request, RequestType } from '../codec/requests.ts'
import type { Visitor } from '../visitor.ts'

/** Does what a request asks for; gives the encoded reply. What it throws becomes a STATUS. */
export type Handler<Type extends RequestType> = (
  visitor: Visitor,
  request: Request<Type>,
) => Promise<Buffer>
