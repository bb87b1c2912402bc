import { describe, it } from 'mocha'
import { inDays, useCourts } from './court.ts'
describe('bench', () => {
  const courts = useCourts()
  it('100k', async function () {
    this.timeout(600000)
    for (const n of [Number(process.env['N'])]) {
    const court = await courts.createCourt(new Date().toISOString())
    const many = Array.from({ length: n }, (_, i) => ({
      client: String(i), date: inDays(8 + (i % 60)), time: `${String(8 + (i % 9)).padStart(2, '0')}:${i % 2 ? '30' : '00'}`,
      phones: [`+1512555${String(i % 10000).padStart(4, '0')}`], language: i % 4 === 0 ? 'es' : 'en',
    }))
    const began = new Map<string, number>()
    courts.db.on('query', (q: any) => { began.set(q.__knexQueryUid, performance.now()); if (process.env['LOG']) console.log('>', q.sql.trim().replace(/\s+/g, ' ').slice(0, 60)) })
    courts.db.on('query-response', (_: any, q: any) => { const t = performance.now() - began.get(q.__knexQueryUid)!; if (t > 500) console.log('   ', Math.round(t), q.sql.trim().replace(/\s+/g, ' ').slice(0, 90)) })
    const time = async (name: string, work: () => Promise<unknown>) => {
      const start = performance.now(); const r = await work(); console.log(n, name, Math.round(performance.now() - start), 'ms', JSON.stringify(r)?.slice(0, 100))
    }
    await time('load', () => court.load(many))
    await time('plan', () => court.messaging.planOnce())
    await time('replan', () => court.replan())
    await time('list', async () => (await court.list()).length)
    await courts.db('messages').where({ agency_id: court.agency.agencyId, step: 'day-7' }).update({ due_at: courts.db.raw("now() - interval '1 minute'") })
    courts.db.on('query', (q: any) => { if (q.sql.includes('materialized') && !q.sql.includes('explain') && process.env['EX']) { delete process.env['EX']; void courts.db.raw('explain analyze ' + q.sql.replace('for update skip locked','').replace(/\$\d/g, '?'), q.bindings).then((r: any) => console.log(r.rows.map((x: any) => x['QUERY PLAN']).join('\n'))) } })
    await time('dispatch', () => court.messaging.dispatchOnce())
    await time('cancel', async () => { await courts.db('events').where({ agency_id: court.agency.agencyId }).update({ status: 'cancelled' }); await court.replan() })
    }
  })
})
