import type { Connection } from 'ssh2'
import { corkTurn } from './cork-turn.ts'
import { sendMessage } from './send-message.ts'
import { loadInternals, openConnection } from './ssh2-internals.ts'
import type { InnerChannel, InnerSession } from './ssh2-internals.ts'

const unimplemented = 3
const resourceShortage = 4

/** Smallest packet that a client may ask us to cut data to: ssh2 goes round for ever at 0, and small ones make much of little. */
const leastPacketBytes = 1024

/** A session channel that ssh2 has accepted, with or without something running on it. */
function isSession(entry: unknown): entry is InnerSession {
  return typeof entry === 'object' && entry !== null && '_chanInfo' in entry
}

/** What runs on a channel. */
function channelOf(entry: unknown): InnerChannel | undefined {
  return isSession(entry) ? entry._channel : undefined
}

/**
 * Answers messages that ssh2 1.17 leaves unanswered, and holds clients to the rules of channels (RFC 4254 §5); call it in the `connection` event.
 *
 * ssh2 1.17 does not answer requests on a channel where something runs, nor the end of a channel where nothing runs; it forgets window space that is
 * given before something runs; it drops data silently when the window is exactly used up (who overdraws it for good is sent away by `guardInflow`); it loops for ever
 * over a packet size of 0; it passes over messages of unknown types.
 */
export function mendChannels(client: Connection): void {
  const connection = openConnection(client)
  const { _protocol: transport, _chanMgr: channels } = connection
  const { _handlers: handlers } = transport
  const internals = loadInternals()
  const original = { ...handlers }

  handlers.CHANNEL_OPEN = (to, info) => {
    if (info.packetSize >= leastPacketBytes) original.CHANNEL_OPEN(to, info)
    else to.channelOpenFail(info.sender, resourceShortage, 'The maximum packet size is too small.')
  }

  handlers.CHANNEL_REQUEST = (to, recipient, type, wantReply, data) => {
    const session = channels.get(recipient)
    const isTaken = isSession(session) && (session._channel !== undefined || session._ending)
    if (!isTaken) original.CHANNEL_REQUEST(to, recipient, type, wantReply, data)
    else if (wantReply) to.channelFailure(session._chanInfo.outgoing.id)
  }

  handlers.CHANNEL_DATA = (_to, recipient, data) => {
    const channel = channelOf(channels.get(recipient))
    if (channel === undefined || channel.incoming.state !== 'open') return
    channel.incoming.window -= data.length
    if (!channel.push(data)) channel._waitChanDrain = true
    else if (channel.incoming.window <= internals.windowThreshold) internals.windowAdjust(channel)
  }

  handlers.CHANNEL_WINDOW_ADJUST = (to, recipient, amount) => {
    const session = channels.get(recipient)
    if (isSession(session) && session._channel === undefined) {
      session._chanInfo.outgoing.window += amount
    } else {
      // What waited for the window is written now.
      corkTurn(connection._sock)
      original.CHANNEL_WINDOW_ADJUST(to, recipient, amount)
    }
  }

  handlers.CHANNEL_CLOSE = (to, recipient) => {
    const session = channels.get(recipient)
    original.CHANNEL_CLOSE(to, recipient)
    if (!isSession(session) || session._channel !== undefined) return
    channels.remove(recipient)
    to.channelClose(session._chanInfo.outgoing.id)
  }

  const take = transport._onPayload
  transport._onPayload = (payload) => {
    const type = payload[0]
    if (type === undefined || internals.messageHandlers[type] !== undefined) return take(payload)
    const sequence = (transport._decipher.inSeqno - 1) >>> 0
    sendMessage(transport, unimplemented, sequence)
    return undefined
  }
}
