import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { AppError } from '../../../src/errors/index.ts'
import { recordLog } from '../../support/record-log.ts'
import { ask, eventually, isLive, readPid, useHomes } from '../../support/embedded-home.ts'

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
const portOf = (url: string) => Number(new URL(url).port)
const code = (expected: string) => (error: unknown) =>
  error instanceof AppError && error.code === expected

describe('embedded PostgreSQL', () => {
  const { createFolder, open, spawnHolder } = useHomes()
  const createHome = () => join(createFolder(), 'home')
  const dataOf = (home: string) => join(home, 'postgres', 'data')

  it('makes a private home that only its owner can read', async () => {
    const home = createHome()
    const { url } = await open(home)
    assert.equal(modeOf(home), '700')
    assert.equal(modeOf(join(home, 'postgres')), '700')
    assert.equal(modeOf(dataOf(home)), '700')
    for (const name of ['password', 'port', 'postgres.log']) {
      assert.equal(modeOf(join(home, 'postgres', name)), '600', name)
    }
    assert.deepEqual(readdirSync(join(home, 'postgres')).sort(), [
      'data',
      'password',
      'port',
      'postgres.log',
    ])
    const password = readFileSync(join(home, 'postgres', 'password'), 'utf8')
    assert.ok(password.length >= 32)
    assert.equal(new URL(url).password, password)
  })

  it('is durable, checked, in UTF-8 by its own rules, and on the loopback address only', async () => {
    const { url } = await open(createHome())
    const wanted = {
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      password_encryption: 'scram-sha-256',
      shared_buffers: '16MB',
      max_connections: '80',
    }
    for (const [name, value] of Object.entries(wanted)) {
      assert.deepEqual(
        await ask(url, `select current_setting('${name}') as value`),
        [{ value }],
        name,
      )
    }
    assert.deepEqual(
      await ask(
        url,
        'select datname, datlocprovider, datlocale from pg_database where datname = current_database()',
      ),
      [{ datname: 'docketdrop', datlocprovider: 'b', datlocale: 'C.UTF-8' }],
    )
    assert.deepEqual(await ask(url, `select distinct auth_method from pg_hba_file_rules`), [
      { auth_method: 'scram-sha-256' },
    ])
    const wrong = new URL(url)
    wrong.password = 'wrong'
    await assert.rejects(ask(wrong.toString(), 'select 1'), { code: '28P01' })
  })

  it('keeps row values and statements out of its log', async () => {
    const home = createHome()
    const { url } = await open(home)
    await ask(url, 'create table person (phone text primary key)')
    await ask(url, `insert into person values ('5550100')`)
    await assert.rejects(ask(url, `insert into person values ('5550100')`), { code: '23505' })
    assert.doesNotMatch(
      readFileSync(join(home, 'postgres', 'postgres.log'), 'utf8'),
      /5550100|insert into/,
    )
  })

  it('keeps its port and its data from one start to the next', async () => {
    const home = createHome()
    const first = await open(home)
    await ask(first.url, 'create table kept as select 7 as seven')
    await first.release()
    const second = await open(home)
    assert.equal(second.url, first.url)
    assert.deepEqual(await ask(second.url, 'select seven from kept'), [{ seven: 7 }])
  })

  it('takes another port when the remembered one is taken, and remembers that', async () => {
    const home = createHome()
    const first = await open(home)
    await first.release()
    const squatter = createServer().listen(portOf(first.url), '127.0.0.1')
    await once(squatter, 'listening')
    const second = await open(home)
    assert.notEqual(portOf(second.url), portOf(first.url))
    await second.release()
    squatter.close()
    await once(squatter, 'close')
    assert.equal((await open(home)).url, second.url)
  })

  it('refuses a configured port that is taken, and says so', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as { port: number }
    await assert.rejects(open(createHome(), { port }), code('PORT_TAKEN'))
    squatter.close()
    await once(squatter, 'close')
    assert.equal(portOf((await open(createHome(), { port })).url), port)
  })

  it('is shared by two processes and stopped by the last one', async () => {
    const home = createHome()
    const other = spawnHolder(home)
    const { url } = await other.said
    const ours = await open(home)
    assert.equal(ours.url, url)
    const pid = readPid(dataOf(home))!
    await other.leave()
    assert.ok(isLive(pid))
    assert.deepEqual(await ask(ours.url, 'select 1 as one'), [{ one: 1 }])
    await ours.release()
    assert.equal(isLive(pid), false)
    assert.equal(readPid(dataOf(home)), undefined)
  })

  it('is stopped by the last one also when another was killed', async () => {
    const home = createHome()
    const other = spawnHolder(home)
    await other.said
    const ours = await open(home)
    const pid = readPid(dataOf(home))!
    await other.kill('SIGKILL')
    assert.ok(isLive(pid))
    await eventually('the end of the killed process’s connection', async () => {
      const rows = await ask<{ n: string }>(
        ours.url,
        `select count(*) as n from pg_locks where locktype = 'advisory'`,
      )
      return rows[0]?.n === '1'
    })
    await ours.release()
    assert.equal(isLive(pid), false)
  })

  it('is adopted after kill -9 of the process that started it', async () => {
    const home = createHome()
    const other = spawnHolder(home)
    await other.said
    const pid = readPid(dataOf(home))!
    await other.kill('SIGKILL')
    assert.ok(isLive(pid))
    const ours = await open(home)
    assert.equal(readPid(dataOf(home)), pid)
    assert.deepEqual(await ask(ours.url, 'select 1 as one'), [{ one: 1 }])
    await ours.release()
    assert.equal(isLive(pid), false)
  })

  it('comes back on the same port with all that was committed after kill -9 of the postmaster', async () => {
    const home = createHome()
    const ours = await open(home)
    await ask(ours.url, 'create table kept as select generate_series(1, 1000) as n')
    const pid = readPid(dataOf(home))!
    process.kill(pid, 'SIGKILL')
    const rows = await eventually('the server to come back', () =>
      readPid(dataOf(home)) === pid
        ? undefined
        : ask<{ n: string }>(ours.url, 'select count(*) as n from kept').catch(() => undefined),
    )
    assert.deepEqual(rows, [{ n: '1000' }])
    const next = readPid(dataOf(home))!
    assert.notEqual(next, pid)
    await eventually(
      'the supervisor to hold a share again',
      async () =>
        (await ask(ours.url, `select 1 from pg_locks where locktype = 'advisory'`)).length > 0,
    )
    await ours.release()
    assert.equal(isLive(next), false)
  })

  it('comes back for each of two processes, once', async () => {
    const home = createHome()
    const other = spawnHolder(home)
    await other.said
    const ours = await open(home)
    const pid = readPid(dataOf(home))!
    process.kill(pid, 'SIGKILL')
    await eventually('both shares', async () => {
      const rows = await ask<{ n: string }>(
        ours.url,
        `select count(*) as n from pg_locks where locktype = 'advisory'`,
      ).catch(() => [])
      return rows[0]?.n === '2'
    })
    const next = readPid(dataOf(home))!
    await ours.release()
    assert.ok(isLive(next))
    await other.leave()
    assert.equal(isLive(next), false)
  })

  it('outlives the crash of one of its backends', async () => {
    const home = createHome()
    const ours = await open(home)
    const pid = readPid(dataOf(home))!
    const [backend] = await ask<{ pid: number }>(
      ours.url,
      `select pid from pg_stat_activity where application_name = 'docketdrop keeper'`,
    )
    process.kill(backend!.pid, 'SIGKILL')
    await eventually(
      'a share again',
      async () =>
        (
          await ask(
            ours.url,
            `select 1 from pg_locks where locktype = 'advisory' and pid <> ${backend!.pid}`,
          ).catch(() => [])
        ).length > 0,
    )
    assert.equal(readPid(dataOf(home)), pid)
    await ours.release()
    assert.equal(isLive(pid), false)
  })

  it('becomes one cluster when two processes start at once in a fresh home', async () => {
    const home = createHome()
    const [one, two, three] = [spawnHolder(home), spawnHolder(home), await open(home)]
    const urls = [(await one.said).url, (await two.said).url, three.url]
    assert.equal(new Set(urls).size, 1)
    assert.deepEqual(readdirSync(join(home, 'postgres')).sort(), [
      'data',
      'password',
      'port',
      'postgres.log',
    ])
    const pid = readPid(dataOf(home))!
    await Promise.all([one.leave(), two.leave(), three.release()])
    await eventually('the end of the server', () => !isLive(pid))
  })

  it('becomes one cluster for two that start at once in one process', async () => {
    const home = createHome()
    const [one, two] = await Promise.all([open(home), open(home)])
    assert.equal(one.url, two.url)
    const pid = readPid(dataOf(home))!
    await one.release()
    assert.ok(isLive(pid))
    await two.release()
    assert.equal(isLive(pid), false)
  })

  it('is not replaced by an empty one when its folder vanishes while it is in use', async () => {
    const home = createHome()
    const { log, lines } = recordLog()
    await open(home, { log })
    const pid = readPid(dataOf(home))!
    renameSync(dataOf(home), join(home, 'away'))
    process.kill(pid, 'SIGKILL')
    await eventually('the complaint', () =>
      lines().some((line) => JSON.stringify(line).includes('HOME_MISSING')),
    )
    assert.equal(existsSync(dataOf(home)), false)
    renameSync(join(home, 'away'), dataOf(home))
    await eventually(
      'the server to come back',
      () => lines().filter(({ message }) => message === 'postgres started').length === 2,
    )
  })

  it('is there for everybody who comes while the last one leaves', async () => {
    const home = createHome()
    let holder = await open(home)
    for (let round = 0; round < 12; round++) {
      const [, next] = await Promise.all([holder.release(), open(home)])
      assert.deepEqual(await ask(next.url, 'select 1 as one'), [{ one: 1 }])
      holder = next
    }
    const pid = readPid(dataOf(home))!
    await holder.release()
    assert.equal(isLive(pid), false)
  })

  it('is left whole or not at all by a kill while it is made', async () => {
    const home = createHome()
    const other = spawnHolder(home)
    const control = join(home, 'postgres')
    await eventually(
      'the making',
      () => existsSync(control) && readdirSync(control).some((name) => name.startsWith('making-')),
    )
    await other.kill('SIGKILL')
    assert.equal(existsSync(dataOf(home)), false)
    const ours = await open(home)
    assert.deepEqual(await ask(ours.url, 'select 1 as one'), [{ one: 1 }])
    assert.deepEqual(
      readdirSync(control).filter((name) => name.startsWith('making-')),
      [],
    )
  })

  it('refuses a cluster of another major version and leaves it alone', async () => {
    const home = createHome()
    await (await open(home)).release()
    writeFileSync(join(dataOf(home), 'PG_VERSION'), '17\n')
    await assert.rejects(
      open(home),
      (error: unknown) => code('POSTGRES_MAJOR')(error) && /17/.test((error as AppError).hint),
    )
    assert.equal(readFileSync(join(dataOf(home), 'PG_VERSION'), 'utf8'), '17\n')
  })

  it('refuses to make a home for a command that must not', async () => {
    const home = createHome()
    await assert.rejects(
      open(home, { mayCreate: false }),
      (error: unknown) =>
        code('HOME_MISSING')(error) && /docketdrop serve/.test((error as AppError).hint),
    )
    assert.equal(existsSync(home), false)
    await (await open(home)).release()
    await open(home, { mayCreate: false })
  })

  it('refuses a folder called data that is not a database', async () => {
    const home = createHome()
    await (await open(home)).release()
    renameSync(dataOf(home), join(home, 'data.old'))
    mkdirSync(dataOf(home))
    writeFileSync(join(dataOf(home), 'note.txt'), 'mine')
    await assert.rejects(open(home), code('POSTGRES_START'))
    assert.equal(readFileSync(join(dataOf(home), 'note.txt'), 'utf8'), 'mine')
  })

  it('starts although the pid of a killed server belongs to another program now', async () => {
    const home = createHome()
    const other = spawnHolder(home)
    await other.said
    await other.kill('SIGKILL')
    const path = join(dataOf(home), 'postmaster.pid')
    const pid = readPid(dataOf(home))!
    process.kill(pid, 'SIGKILL')
    await eventually('the end of the server', () => !isLive(pid))
    const stranger = spawn('sleep', ['60'])
    try {
      writeFileSync(path, readFileSync(path, 'utf8').replace(/^\d+/, String(stranger.pid)))
      const ours = await open(home)
      assert.deepEqual(await ask(ours.url, 'select 1 as one'), [{ one: 1 }])
      assert.equal(stranger.exitCode, null)
    } finally {
      stranger.kill()
    }
  })

  it('runs in a session of its own, so that Ctrl-C at the terminal does not reach it', async () => {
    const home = createHome()
    const other = spawnHolder(home)
    const { url } = await other.said
    const pid = readPid(dataOf(home))!
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    assert.equal(Number(fields[3]), pid, 'leads its session')
    // What a terminal does on Ctrl-C: SIGINT to the whole process group of the program in front.
    process.kill(-other.child.pid!, 'SIGINT')
    await once(other.child, 'exit')
    assert.deepEqual(await ask(url!, 'select 1 as one'), [{ one: 1 }])
  })

  it('refuses to work on a server that does not wait for the disk', async () => {
    const home = createHome()
    const first = await open(home)
    await ask(first.url, 'alter system set fsync = off')
    await first.release()
    await assert.rejects(
      open(home),
      (error: unknown) =>
        code('POSTGRES_START')(error) && /fsync/.test((error as AppError).message),
    )
    assert.equal(readPid(dataOf(home)), undefined)
  })

  it('tells why PostgreSQL did not start', async () => {
    const home = createHome()
    await (await open(home)).release()
    writeFileSync(join(dataOf(home), 'postgresql.auto.conf'), 'no_such_setting = 1\n')
    await assert.rejects(
      open(home),
      (error: unknown) =>
        code('POSTGRES_START')(error) &&
        /no_such_setting|configuration file/.test((error as AppError).message),
    )
  })

  it('does not make a new database where the password of the old one is lost', async () => {
    const home = createHome()
    await (await open(home)).release()
    rmSync(join(home, 'postgres', 'password'))
    await assert.rejects(open(home), code('POSTGRES_START'))
    assert.equal(existsSync(join(home, 'postgres', 'password')), false)
  })

  it('can be left more than once, and quickly', async () => {
    const ours = await open(createHome())
    const begun = performance.now()
    await Promise.all([ours.release(), ours.release()])
    await ours.release()
    assert.ok(performance.now() - begun < 2000)
  })
})
