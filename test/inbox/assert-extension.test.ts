import assert from 'node:assert/strict'
import fc from 'fast-check'
import { assertExtension } from '../../src/inbox/assert-extension.ts'

const picky = { extensions: ['csv', 'txt'] }

const passes = (name: string) => assert.doesNotThrow(() => assertExtension(picky, name), name)
const fails = (name: string) =>
  assert.throws(() => assertExtension(picky, name), { code: 'EXTENSION_REFUSED' }, name)

describe('Extension list', () => {
  it('takes any name where an agency has no list', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), (name) => assertExtension({}, name)))
  })

  it('takes listed extensions in any case, and the last one counts', () => {
    for (const name of ['x.csv', 'X.CSV', 'x.2026.Txt', 'x.exe.csv']) passes(name)
    for (const name of ['x.exe', 'x.csv.exe', 'x', 'csv', 'x.csvx', 'x.csv ']) fails(name)
  })

  it('judges a temporary name by what is under its ending', () => {
    const good = ['x.csv.filepart', 'x.csv.part', 'x.CSV.TMP', 'x.csv~', 'x.csv.part.tmp']
    for (const name of [...good, 'x.csv.1a2b3c4d.partial']) passes(name)
    for (const name of ['x.exe.filepart', 'x.part', 'x.exe.tmp.part', 'x~']) fails(name)
  })

  it('leaves temporary names that say nothing to the rename', () => {
    for (const name of ['.in.x.csv', '.x.csv.Ab12Cd', 'CTMP1234', '.hidden.exe', 'CTMP1234.tmp'])
      passes(name)
  })

  it('says which endings are taken', () => {
    assert.throws(() => assertExtension(picky, 'x.exe'), /only \.csv, \.txt\./)
  })
})
