import assert from 'node:assert/strict'
import fc from 'fast-check'
import { formatSize, parseSize } from '../../src/cli/parse-size.ts'

describe('Sizes on the command line', () => {
  it('are bytes, or have a unit of 1000 or 1024', () => {
    const sizes: [string, number][] = [
      ['4096', 4096],
      ['1', 1],
      ['500MB', 500_000_000],
      ['500 mb', 500_000_000],
      ['2GiB', 2 ** 31],
      ['1.5KiB', 1536],
      ['3TiB', 3 * 2 ** 40],
      ['10B', 10],
    ]
    for (const [text, bytes] of sizes) assert.equal(parseSize('--max', text), bytes, text)
    assert.equal(parseSize('--max', 'none'), null)
    assert.equal(parseSize('--max', undefined), undefined)
  })

  it('are refused with the option’s name when they are none', () => {
    const wrong = ['', '0', '-1', '500M', '1e9', 'MB', 'NaN', '0.1B', '9999999TiB', 'constructor']
    for (const text of [...wrong, '1toString', '12 34', '1,5GB'])
      assert.throws(
        () => parseSize('--max-file-bytes', text),
        { code: 'USAGE_INVALID', message: /^--max-file-bytes takes a size/ },
        text,
      )
  })

  it('are shown so that what can be read back is the same', () => {
    assert.equal(formatSize(2 ** 31), '2 GiB')
    assert.equal(formatSize(500_000_000), '500 MB')
    assert.equal(formatSize(1_234_567), '~1.2 MB')
    assert.equal(formatSize(0), '0 bytes')
    assert.equal(formatSize(999), '999 bytes')
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (bytes) => {
        const shown = formatSize(bytes)
        if (!shown.startsWith('~'))
          assert.equal(parseSize('--max', shown.replace(' bytes', '')), bytes)
      }),
    )
  })
})
