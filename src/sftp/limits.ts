/** Largest SFTP packet without its length field, in bytes: 256 KiB, as OpenSSH's sftp-server. */
export const maxPacketBytes = 256 * 1024

/** Most bytes of one READ or WRITE: leaves 1 KiB for the header, and is the largest that OpenSSH's client survives itself. */
export const maxTransferBytes = 255 * 1024

/** Requests of one channel that may wait for their reply; beyond, the channel is not read. OpenSSH sends 64 ahead. */
export const maxRequestsPerChannel = 64

/** Bytes of one channel that may wait to be written or sent; beyond, the channel is not read. */
export const maxBytesPerChannel = 8 * 1024 * 1024

/** Bytes of replies that one channel may hold: READs that run and answers that were not sent. Twice the window that clients open. */
export const maxReplyBytesPerChannel = 4 * 1024 * 1024

/** Bytes that all channels together may hold on their way to the disk. */
export const maxWriteBytes = 32 * 1024 * 1024

/** Bytes of replies that all channels together may hold. */
export const maxReplyBytes = 48 * 1024 * 1024

/** The window of a channel is opened again when no more than this waits unread, in bytes. */
export const unreadBeforeWindowBytes = 1024 * 1024

/** Bytes that may wait unread on a channel: those, the 2 MiB of ssh2's window, and a packet; who sends more breaks RFC 4254 §5.2. */
export const maxUnreadBytes = unreadBeforeWindowBytes + 2 * 1024 * 1024 + 64 * 1024

/** Replies up to this size are joined to one write, in bytes: each SSH packet costs padding and a tag, and larger ones gain nothing. */
export const maxJoinedReplyBytes = 32 * 1024

/** Time that a client may leave its replies unfetched while more are due, in milliseconds. */
export const unfetchedMs = 60_000

/** An account that has moved this many bytes lately gives way to those that have moved far less. */
export const heavyBytes = 16 * 1024 * 1024

/** Bytes that such an account moves in one turn, and the time from turn to turn in milliseconds: some 100 Mbit/s remain. */
export const turnBytes = 128 * 1024
export const turnMs = 20

/** Refused requests of one channel that are logged one by one; the rest is counted. */
export const maxLoggedRefusals = 20

/** Bytes that may wait in the TCP socket before replies are held back: ssh2 itself never looks. */
export const maxSocketBytes = 4 * 1024 * 1024

/** Bytes joined to one read call. */
export const maxJoinedReadBytes = 1024 * 1024

/** SFTP packets of this size and more get their buffer from the pool, in bytes. */
export const pooledBytes = 64 * 1024

/** Buffers of the pool that are kept for the next packets. */
export const maxIdlePackets = 16

/** Bytes joined to one write call. */
export const maxJoinedBytes = 2 * 1024 * 1024

/** Files and folders that one session may hold open. */
export const maxHandlesPerSession = 64

/** Files and folders that all sessions of one agency may hold open. */
export const maxHandlesPerAgency = 256

/** Channels that one connection may hold open, as sshd's MaxSessions. */
export const maxChannelsPerConnection = 10

/** Sign-in attempts of one connection, as sshd's MaxAuthTries. */
export const maxLoginTries = 6

/** A failed sign-in is answered no sooner, in milliseconds, so that the time says nothing about why. */
export const failedLoginMs = 50

/** Most entries of one READDIR reply; with 32 KiB per reply old clients are content too. */
export const maxEntriesPerPage = 100

/** Most bytes of one READDIR reply. */
export const maxPageBytes = 32 * 1024 - 1024

/** Time that a client has to close a file after a failed WRITE before the channel is ended, in milliseconds: SSH.NET waits for ever. */
export const failedWriteMs = 5000

/** Interval of the keepalive probes, in milliseconds. */
export const keepaliveMs = 30_000

/** Probes without an answer until the connection counts as dead. */
export const keepaliveTries = 3

/** Time from one look at the logins of live sessions to the next, in milliseconds: revoked access ends within 5 s. */
export const accessCheckMs = 4000

/** Time that an ended connection has to go by itself before its socket is destroyed, in milliseconds. */
export const farewellMs = 1000

/** An address that fails a lot but is trusted waits this long for a new connection to be served, in milliseconds. */
export const slowedConnectionMs = 500

/** The same address waits this long for each refusal, in milliseconds. */
export const slowedRefusalMs = 2000

/** Time in which a load balancer has to tell who connects, in milliseconds. */
export const proxyHeaderMs = 5000

/** Time from a sign-in to the first channel, and from a channel to its subsystem, in milliseconds. */
export const channelMs = 60_000

/** A session that holds files open but sends nothing for this time has lost its sender, in milliseconds (reference/reliability.md R5). */
export const silentUploadMs = 900_000

/** Time from one look at the tables of known addresses and of maintenance to the next, in milliseconds. */
export const followMs = 1000

/** As `failedLoginMs`, for passwords, which take longer to judge. */
export const failedPasswordMs = 250

/** What the store said about an account is good for the next request of the same connection, in milliseconds. */
export const loginReuseMs = 1000

/** Passwords that are judged at the same time, and that may wait for it. */
export const maxPasswordsAtOnce = 2
export const maxPasswordsWaiting = 16

/** Time in which a client has to take part when the server renews the keys, in milliseconds: what it has sent already may fill a slow line. */
export const rekeyAnswerMs = 180_000

/** Time from one look at the folder of host keys to the next, in milliseconds. */
export const hostKeyCheckMs = 10_000
