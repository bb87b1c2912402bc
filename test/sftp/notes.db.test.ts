import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { NewAuditEntry } from '../../src/audit/index.ts'
import type { SftpServer } from '../../src/sftp/index.ts'
import { createClientKey, runSftp, until } from '../support/ssh-session.ts'
import type { Target } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

describe('what the SFTP server tells the audit and the metrics', () => {
  const house = useHouse()
  let entries: NewAuditEntry[] = []
  let server: SftpServer
  let target: Target

  before(async () => {
    ;({ server, target } = await house.startServer({}, { note: (entry) => entries.push(entry) }))
  })
  beforeEach(() => {
    entries = []
  })

  const of = (action: string) => entries.filter((entry) => entry.action === action)

  it('tells a session from its sign-in to its end, with everything done to files', async () => {
    const local = house.writeLocal('a.csv', 'x,y\n1,2\n')
    const before = server.figures()
    const run = await runSftp(target, [
      `put ${local} a.csv`,
      'mkdir day',
      'rename a.csv day/b.csv',
      `get day/b.csv ${join(house.folder, 'back.csv')}`,
      'rm day/b.csv',
      'rmdir day',
    ])
    assert.equal(run.code, 0, run.stderr)
    await until(() => of('session.ended').length === 1, 'the notes')
    const [opened] = of('session.opened')
    const sessionId = opened!.subject
    assert.deepEqual(
      entries
        .filter(({ action }) => !action.startsWith('upload.'))
        .map(({ action, subject }) => [action, subject.replace(sessionId, 'session')]),
      [
        ['session.opened', 'session'],
        ['file.opened', '/inbox/a.csv'],
        ['folder.made', '/inbox/day'],
        ['file.renamed', '/inbox/a.csv'],
        ['file.opened', '/inbox/day/b.csv'],
        ['file.sent', '/inbox/day/b.csv'],
        ['file.removed', '/inbox/day/b.csv'],
        ['folder.removed', '/inbox/day'],
        ['session.ended', 'session'],
      ],
    )
    for (const { agencyId, actor, action, detail } of entries) {
      assert.equal(agencyId, house.agency.agencyId, action)
      assert.equal(actor, 'acme', action)
      if (/^(file|folder)\./.test(action)) assert.equal(detail['sessionId'], sessionId, action)
    }
    assert.equal(opened!.detail['address'], '127.0.0.1')
    assert.equal(opened!.detail['method'], 'publickey')
    assert.match(String(opened!.detail['keyFingerprint']), /^SHA256:/)
    assert.match(String(opened!.detail['cipher']), /^aes/)
    assert.equal(of('file.renamed')[0]!.detail['to'], '/inbox/day/b.csv')
    assert.equal(of('file.sent')[0]!.detail['bytes'], 8)
    assert.match(String(of('file.opened')[0]!.detail['uploadId']), /^[0-9a-f-]{36}$/)
    assert.equal(of('session.ended')[0]!.detail['reason'], 'client')
    const after = server.figures()
    assert.equal(after.receivedBytesTotal - before.receivedBytesTotal, 8)
    assert.equal(after.sentBytesTotal - before.sentBytesTotal, 8)
    assert.equal(after.connectionsTotal - before.connectionsTotal, 1)
    assert.equal(
      (after.signInsTotal['publickey'] ?? 0) - (before.signInsTotal['publickey'] ?? 0),
      1,
    )
    assert.deepEqual([after.outstandingBytes, after.openHandles, after.sessions], [0, 0, 0])
  })

  it('tells nothing of what was refused, but counts it by its code', async () => {
    await runSftp(target, ['-mkdir /processed/x', '-rm missing.csv'])
    await until(() => of('session.ended').length === 1, 'the notes')
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['session.opened', 'session.ended'],
    )
    const { refusedRequestsTotal } = server.figures()
    assert.ok(Object.values(refusedRequestsTotal).reduce((sum, count) => sum + count, 0) >= 2)
    assert.ok((refusedRequestsTotal['PATH_NOT_FOUND'] ?? 0) >= 1)
  })

  it('tells a failed sign-in of an account at once, in the chain of its agency', async () => {
    const key = await createClientKey(house.folder, 'wrong')
    const run = await runSftp({ ...target, key }, ['pwd'])
    assert.notEqual(run.code, 0)
    await until(() => of('session.refused').length > 0, 'the notes')
    const [refused] = of('session.refused')
    assert.deepEqual([refused!.agencyId, refused!.actor], [house.agency.agencyId, 'acme'])
    assert.equal(refused!.subject, '127.0.0.1')
    assert.deepEqual(refused!.detail['reasons'], { key: 1 })
    assert.ok((server.figures().refusedSignInsTotal['key'] ?? 0) >= 1)
  })

  it('tells strangers in one entry when it stops, without the name they gave', async () => {
    const other = await house.startServer({}, { note: (entry) => entries.push(entry) })
    const stranger = { ...other.target, account: 'my-secret-password' }
    for (let at = 0; at < 3; at++) await runSftp(stranger, ['pwd'])
    const socket = connect(other.target.port, '127.0.0.1')
    await until(() => other.server.figures().connections === 1, 'the notes')
    assert.equal(other.server.figures().unauthenticated, 1)
    socket.destroy()
    await until(() => other.server.figures().connections === 0, 'the notes')
    assert.deepEqual(of('session.refused'), [])
    await other.server.stop(0)
    const [refused, ...more] = of('session.refused')
    assert.deepEqual(more, [])
    assert.deepEqual([refused!.agencyId, refused!.actor], [null, 'unknown'])
    assert.equal(refused!.detail['connections'], 4)
    assert.deepEqual(refused!.detail['reasons'], { account: 3, 'no-sign-in': 1 })
    assert.doesNotMatch(JSON.stringify(entries), /my-secret-password/)
  })

  it('says why a session was ended by the server', async () => {
    const other = await house.startServer({}, { note: (entry) => entries.push(entry) })
    const running = runSftp(other.target, ['!sleep 2'])
    await until(() => of('session.opened').length === 1, 'the notes')
    await other.server.stop(0)
    assert.equal(of('session.ended')[0]!.detail['reason'], 'server-stopped')
    await running
  })
})
