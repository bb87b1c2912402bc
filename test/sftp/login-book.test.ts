import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import type { Account, Agency, Login } from '../../src/agencies/index.ts'
import { UnavailableError } from '../../src/errors/index.ts'
import { createLogger } from '../../src/log/index.ts'
import { createLoginBook } from '../../src/sftp/login-book.ts'
import type { LoginStore } from '../../src/sftp/login-book.ts'

const at = Date.parse('2026-11-24T00:00:00Z')
const log = createLogger({
  level: 'error',
  format: 'json',
  stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
})

const gone = () => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }))
const never = () => new Promise<never>(() => undefined)

function createLogin(account: string, parts: Partial<Login> = {}): Login {
  return {
    agency: { agencyId: 1, agency: 'acme', passwordLogin: true } as Agency,
    account: { agencyId: 1, accountId: 1, account } as Account,
    keys: [],
    authorities: [],
    revokedCertificates: [],
    password: null,
    ...parts,
  }
}

/** A book over a store whose answers the test sets; the store of a real server is tested in sign-in-away. */
function createBook(logins: Login[], parts: Partial<LoginStore> = {}) {
  const clock = { at }
  const store: LoginStore = {
    findLogin: (name) =>
      Promise.resolve(logins.find(({ account: { account } }) => account === name)),
    listLogins: () => Promise.resolve(logins),
    hasPasswordLogins: () => Promise.resolve(true),
    markKeyUsed: () => Promise.resolve(),
    notePasswordFailure: () => Promise.resolve(false),
    clearPasswordFailures: () => Promise.resolve(),
    listExpiringKeys: () => Promise.resolve([]),
    ...parts,
  }
  const now = () => new Date(clock.at)
  const book = createLoginBook({ agencies: store, log, now, patienceMs: 30 })
  return { book, store, clock }
}

describe('login book', () => {
  it('knows accounts that have not signed in yet, once the database is away', async () => {
    const { book, store } = createBook([createLogin('acme')])
    await book.start()
    for (const away of [gone, never]) {
      store.findLogin = away
      assert.equal((await book.findLogin('acme'))?.account.account, 'acme')
      await assert.rejects(book.findLogin('nobody'), UnavailableError)
    }
    book.stop()
  })

  it('asks the database first, and believes it', async () => {
    const { book, store } = createBook([createLogin('acme')])
    await book.start()
    store.findLogin = () => Promise.resolve(undefined)
    assert.equal(await book.findLogin('acme'), undefined)
    store.findLogin = gone
    await assert.rejects(book.findLogin('acme'), UnavailableError)
    book.stop()
  })

  it('does not take a fault of the program for a database that is away', async () => {
    const { book, store } = createBook([createLogin('acme')])
    await book.start()
    store.findLogin = () => Promise.reject(new TypeError('a bug'))
    await assert.rejects(book.findLogin('acme'), TypeError)
    book.stop()
  })

  it('ends keys and locks by its own clock meanwhile', async () => {
    const key = { expiresAt: new Date(at + 1000) } as Login['keys'][number]
    const password = { hash: '', setAt: new Date(0), failures: 3, lockedUntil: new Date(at + 1000) }
    const { book, store, clock } = createBook([createLogin('acme', { keys: [key], password })])
    await book.start()
    store.findLogin = gone
    const before = await book.findLogin('acme')
    assert.equal(before?.keys.length, 1)
    assert.equal(before.password?.lockedUntil?.getTime(), at + 1000)
    clock.at += 1000
    const after = await book.findLogin('acme')
    assert.equal(after?.keys.length, 0)
    assert.equal(after.password?.lockedUntil, null)
    book.stop()
  })

  it('locks accounts by itself meanwhile', async () => {
    const password = { hash: '', setAt: new Date(0), failures: 0, lockedUntil: null }
    const { book, store } = createBook([createLogin('acme', { password })])
    await book.start()
    Object.assign(store, { findLogin: gone, notePasswordFailure: gone })
    const account = { account: 'acme' } as Account
    for (let tries = 0; tries < 4; tries += 1)
      assert.equal(await book.notePasswordFailure(account), false)
    assert.equal((await book.findLogin('acme'))?.password?.lockedUntil, null)
    assert.equal(await book.notePasswordFailure(account), true)
    assert.ok((await book.findLogin('acme'))?.password?.lockedUntil instanceof Date)
    book.stop()
  })

  it('says what was so before about passwords, while nobody can be asked', async () => {
    const { book, store } = createBook([])
    assert.equal(await book.offersPasswords(), true)
    const other = createBook([], { hasPasswordLogins: gone })
    assert.equal(await other.book.offersPasswords(), false)
    store.hasPasswordLogins = gone
    assert.equal(await book.offersPasswords(), true)
  })
})
