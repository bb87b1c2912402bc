/** What an address can do wrong before it has signed in. */
export type Offence =
  | 'sign-in'
  | 'sign-in-again'
  | 'password'
  | 'names'
  | 'garbage'
  | 'time-out'
  | 'silent'
  | 'no-sign-in'

/**
 * Points of each offence. Whether an account exists makes no difference, or the number of tries until the ban would tell a
 * stranger which names there are; guessing *names* is what costs: each further name counts on top.
 *
 * - sign-in: the first refused sign-in of a connection; sign-in-again: each further one, since agents offer all their keys.
 * - password: a refused password. names: another account name than this address tried before.
 * - garbage: something else than SSH. time-out: no sign-in within the grace.
 * - silent: came and went without a word, as port scans and simple monitoring do. no-sign-in: spoke SSH, but never tried.
 */
export const offencePoints: Readonly<Record<Offence, number>> = {
  'sign-in': 1,
  'sign-in-again': 0.2,
  password: 3,
  names: 2,
  garbage: 5,
  'time-out': 2,
  silent: 0.3,
  'no-sign-in': 1,
}

/** A silent connection this soon behind another offence is no monitoring: it counts one point, in milliseconds. */
export const hasteMs = 2000

/** Points from which on an address is banned. */
export const banThreshold = 20

/** Time in which points lose half of their weight, in milliseconds. */
export const scoreHalfLifeMs = 5 * 60_000

/** Longest ban, in milliseconds. */
export const maxBanMs = 24 * 3_600_000

/** Bans older than this do not make the next one longer, in milliseconds. */
export const banMemoryMs = 7 * 24 * 3_600_000

/** An address with a good sign-in this short a time ago is never banned, in milliseconds: a nightly job may start a little later than last night. */
export const trustMs = 26 * 3_600_000

/** An address with a good sign-in this short a time ago has its reserved room, in milliseconds: jobs that run on weekdays, or once a week. */
export const reservedRoomMs = 8 * 24 * 3_600_000

/** What is left of a score after some time, in points. */
export function decayScore(score: number, elapsedMs: number): number {
  return score * 0.5 ** (Math.max(0, elapsedMs) / scoreHalfLifeMs)
}

/** Length of the next ban in milliseconds: each is twice as long as the one before, up to a day. */
export function banLength(banMinutes: number, earlierBans: number): number {
  return Math.min(maxBanMs, banMinutes * 60_000 * 2 ** Math.min(earlierBans, 30))
}
