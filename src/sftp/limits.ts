/** Largest SFTP packet without its length field, in bytes: 256 KiB, as OpenSSH's sftp-server. */
export const maxPacketBytes = 256 * 1024

/** Most bytes of one READ or WRITE: leaves 1 KiB for the header, and is the largest that OpenSSH's client survives itself. */
export const maxTransferBytes = 255 * 1024

/** Requests of one channel that may wait for their reply; beyond, the channel is not read. OpenSSH sends 64 ahead. */
export const maxRequestsPerChannel = 64

/** Bytes of one channel that may wait to be written or sent; beyond, the channel is not read. */
export const maxBytesPerChannel = 8 * 1024 * 1024

/** Bytes that may wait in the TCP socket before replies are held back: ssh2 itself never looks. */
export const maxSocketBytes = 4 * 1024 * 1024

/** Bytes joined to one write call. */
export const maxJoinedBytes = 2 * 1024 * 1024

/** Files and folders that one session may hold open. */
export const maxHandlesPerSession = 64

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
