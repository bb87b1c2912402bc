import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ecrFile, ecrHeader, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createKey, createTestHome, sftp, sshOptions } from '../support/serve.ts'
import type { Served, TestHome } from '../support/serve.ts'

/** Whatever comes in, what was good before stands as it was, and the answer says what to do. */
describe('bad input through the whole server', function () {
  this.timeout(180_000)
  let home: TestHome
  let served: Served
  let key: string
  let before_: string

  const snapshot = () =>
    JSON.stringify(
      ['clients', 'contacts', 'cases', 'events'].map((kind) => home.records('travis', kind)),
    )
  const sent: string[] = []
  const send = (name: string, bytes: string | Buffer) => {
    sent.push(name)
    const path = home.write(name, bytes)
    const put = sftp(served.sftpPort, 'travis', key, `put ${path}\n`)
    assert.equal(put.status, 0, put.stderr)
    return home.cli('uploads', 'wait', 'travis', '--file', name, '--timeout', 60)
  }

  before(async () => {
    home = createTestHome()
    served = await home.serve()
    key = createKey(home)
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
    assert.equal(
      home.cli('template', 'import', 'travis', home.write('t.yaml', ecrTemplate)).code,
      0,
    )
    assert.equal(send('good.csv', ecrFile([1, 2, 3].map((number) => ecrRow(number)))).code, 0)
    before_ = snapshot()
  })
  after(async () => home.remove())

  const refusals: [string, string, string | Buffer][] = [
    ['an empty file', 'FILE_EMPTY', ''],
    [
      'a binary file',
      'BINARY_CONTENT',
      Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256)),
    ],
    ['a PDF', 'FORMAT_UNSUPPORTED', '%PDF-1.7\n%âãÏÓ\n1 0 obj\n'],
    [
      'an old workbook',
      'WORKBOOK_LEGACY',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2048)]),
    ],
    ['wrong column names', 'COLUMN_MISSING', ecrFile([ecrRow(1)]).replace('Phone', 'Telephone Nr')],
    [
      'no header at all',
      'HEADER_NOT_FOUND',
      [1, 2, 3].map((number) => `${ecrRow(number)}\r\n`).join(''),
    ],
    [
      'a mapped column twice',
      'HEADER_DUPLICATE',
      ecrFile([`${ecrRow(1)},x`]).replace('Case Number', 'Case Number,Phone'),
    ],
  ]
  for (const [index, [what, code, bytes]] of refusals.entries()) {
    it(`refuses ${what} as ${code}, in words, and changes nothing`, () => {
      const answer = send(`bad-${index}.csv`, bytes)
      assert.equal(answer.code, 6)
      assert.equal(answer.ok, false)
      assert.equal(answer.data[0].state, 'refused')
      assert.equal(answer.data[0].reason, code)
      assert.equal(answer.error?.code, code)
      assert.ok(answer.error.message.length > 20)
      const inError = home
        .list('travis', 'error')
        .filter((name) => name.startsWith(`bad-${index}__`))
      assert.deepEqual(inError.map((name) => name.replace(/^.*__[0-9a-f]+/, '')).sort(), [
        '.csv',
        '.error.txt',
        '.receipt.json',
      ])
      const words = readFileSync(
        join(
          home.home,
          'agencies/travis/error',
          inError.find((name) => name.endsWith('.error.txt'))!,
        ),
        'utf8',
      )
      assert.ok(words.length > 40, words)
      assert.equal(snapshot(), before_)
    })
  }

  it('names the missing column, what was found, and the nearest name', () => {
    const { error } = send('renamed.csv', ecrFile([ecrRow(1)]).replace('Phone', 'Phone 1'))
    assert.match(error!.message, /Phone/)
    assert.match(error!.message, /Phone 1/)
  })

  it('holds a file cut in half, with the figures', () => {
    const whole = ecrFile(Array.from({ length: 400 }, (_, index) => ecrRow(1000 + index)))
    const answer = send('half.csv', whole.slice(0, Math.floor(whole.length / 2)))
    assert.equal(answer.code, 6)
    assert.equal(answer.data[0].state, 'held')
    assert.equal(answer.data[0].reason, 'TRUNCATED_SUSPECTED')
    assert.ok(
      home.list('travis', 'error').some((name) => /^half__[0-9a-f]{8}\.held\.txt$/.test(name)),
    )
    assert.equal(snapshot(), before_)
  })

  it('imports the good rows beside a bad one and says what is wrong with it', () => {
    const answer = send(
      'mixed.csv',
      ecrFile(
        [1, 2, 3].map((number) => ecrRow(number)).concat(ecrRow(4, { date: '13/45/2030 9:00 AM' })),
      ),
    )
    assert.equal(answer.code, 3)
    const rejected = home.cli('uploads', 'rejects', 'travis', answer.data[0].uploadId as string)
      .data as { row: number; issues: { code: string; column: string }[] }[]
    assert.deepEqual(
      rejected.map(({ row, issues }) => [row, issues[0]?.code, issues[0]?.column]),
      [[5, 'ROW_DATE_INVALID', 'Event Date and Time']],
    )
    assert.equal(snapshot(), before_)
  })

  it('refuses a wrong key and an unknown account in the same words', () => {
    const stranger = createKey(home, 'stranger')
    const knock = (account: string) =>
      spawnSync(
        'ssh',
        [...sshOptions(stranger, 'INFO'), '-p', String(served.sftpPort), `${account}@127.0.0.1`],
        { encoding: 'utf8' },
      )
    const wrong = knock('travis')
    const unknown = knock('nobody-here')
    assert.notEqual(wrong.status, 0)
    assert.equal(wrong.status, unknown.status)
    assert.match(wrong.stderr, /Permission denied \(publickey\)/)
    assert.equal(wrong.stderr.replace('travis', 'X'), unknown.stderr.replace('nobody-here', 'X'))
  })

  it('answers commands about unknown things with exit 4 and their code', () => {
    for (const [args, code] of [
      [['uploads', 'list', 'nowhere'], 'AGENCY_NOT_FOUND'],
      [['key', 'add', 'nowhere', `${key}.pub`], 'ACCOUNT_NOT_FOUND'],
      [['template', 'export', 'travis', 'none'], 'TEMPLATE_NOT_FOUND'],
      [['uploads', 'show', 'travis', '00000000'], 'UPLOAD_NOT_FOUND'],
      [['records', 'show', 'travis', 'client', 'none'], 'RECORD_NOT_FOUND'],
    ] as const) {
      const answer = home.cli(...args)
      assert.equal(answer.code, 4, args.join(' '))
      assert.equal(answer.error?.code, code)
      assert.ok(answer.error.hint.length > 0, code)
    }
  })

  it('refuses an unreadable template, an unknown field and a weak or private key', () => {
    const broken = home.cli(
      'template',
      'import',
      'travis',
      home.write('broken.yaml', 'template: x\ncolumns: [unclosed'),
    )
    assert.equal(broken.code, 2)
    assert.equal(broken.error?.code, 'TEMPLATE_INVALID')
    const field = home.cli(
      'template',
      'import',
      'travis',
      home.write('field.yaml', 'template: x\ncolumns: { client.shoeSize: Size }'),
    )
    assert.match(field.error!.message, /shoeSize/)
    const secret = home.cli('key', 'add', 'travis', key)
    assert.equal(secret.error?.code, 'KEY_INVALID')
    assert.doesNotMatch(JSON.stringify(secret), /BEGIN/)
  })

  it('still imports the next good file', () => {
    assert.equal(send('next.csv', ecrFile([ecrRow(9)])).code, 0)
    assert.ok(home.records('travis', 'cases').some((one) => one['caseNumber'] === 'CR-0009'))
    assert.ok(!ecrHeader.includes('CR-0009'))
  })

  it('logs no name, phone or address of anybody, and no name of a file', () => {
    const log = served.lines.join('\n')
    assert.doesNotMatch(log, /\bAna\b|\bLee\b|512555|5550/)
    assert.ok(sent.length > 10)
    for (const name of sent) assert.ok(!log.includes(name), `${name} is in the log`)
  })
})
