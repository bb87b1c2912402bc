import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { AppError } from '../../src/errors/index.ts'
import { createTelemetry } from '../../src/operations/index.ts'
import type { ReadinessCheck, Telemetry } from '../../src/operations/index.ts'
import { recordLog } from '../support/record-log.ts'

describe('telemetry', () => {
  let telemetry: Telemetry | undefined
  afterEach(async () => telemetry?.stop())

  async function start(checks: ReadinessCheck[] = []) {
    telemetry = createTelemetry({
      settings: { host: '127.0.0.1', port: 0 },
      checks,
      log: recordLog().log,
    })
    const port = await telemetry.start()
    return async (path: string, method = 'GET') => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method })
      return [answer.status, (await answer.text()).trim()] as const
    }
  }

  it('says that it lives whatever else is wrong', async () => {
    const get = await start([{ name: 'database', check: () => Promise.reject(new Error('away')) }])
    assert.deepEqual(await get('/livez'), [200, 'ok'])
    assert.equal((await get('/readyz'))[0], 503)
  })

  it('is ready only while every check holds, and names the one that does not', async () => {
    let isUp = true
    const check = () => (isUp ? Promise.resolve() : Promise.reject(new Error('disk is gone')))
    const get = await start([
      { name: 'inbox', check },
      { name: 'database', check: () => Promise.resolve() },
    ])
    assert.equal((await get('/readyz'))[0], 200)
    isUp = false
    const [status, text] = await get('/healthz?verbose')
    assert.equal(status, 503)
    assert.deepEqual(JSON.parse(text), {
      ok: false,
      checks: [
        { name: 'inbox', ok: false, why: 'disk is gone' },
        { name: 'database', ok: true },
      ],
    })
  })

  it('is not ready any more once it drains', async () => {
    const get = await start()
    assert.equal((await get('/readyz'))[0], 200)
    telemetry!.drain()
    assert.equal((await get('/readyz'))[0], 503)
    assert.equal((await get('/livez'))[0], 200)
  })

  it('knows nothing else, and takes no other method', async () => {
    const get = await start()
    assert.equal((await get('/'))[0], 404)
    assert.equal((await get('/livez', 'POST'))[0], 405)
  })

  it('says which port is taken and what to do', async () => {
    await start()
    const port = await new Promise<number>((resolve) => {
      const blocker = createServer().listen(0, '127.0.0.1', () =>
        resolve((blocker.address() as AddressInfo).port),
      )
      after(() => blocker.close())
    })
    const second = createTelemetry({
      settings: { host: '127.0.0.1', port },
      checks: [],
      log: recordLog().log,
    })
    await assert.rejects(second.start(), (error: AppError) => {
      assert.equal(error.code, 'PORT_TAKEN')
      assert.match(error.hint, /DOCKETDROP_TELEMETRY_PORT/)
      return true
    })
  })
})
