import { LimitError } from '../errors/index.ts'
import { packetTypes, protocolVersion } from './codec/constants.ts'

/** INIT must come first and ask for version 3 or newer (draft-ietf-secsh-filexfer-02 §4). */
export function checkInit(packet: Buffer): LimitError | undefined {
  const isInit = packet.length >= 5 && packet.readUInt8(0) === packetTypes.init
  if (isInit && packet.readUInt32BE(1) >= protocolVersion) return undefined
  return new LimitError(
    'PROTOCOL_ERROR',
    'The channel did not begin with INIT of version 3 or newer.',
  )
}
