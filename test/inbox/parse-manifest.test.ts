import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { parseManifest } from '../../src/inbox/parse-manifest.ts'

const hash = 'A'.repeat(64)
const sha256 = 'a'.repeat(64)
const other = 'b'.repeat(64)

describe('parseManifest', () => {
  const good: [string, string, object][] = [
    ['a line of sha256sum', `${hash}  ECR.csv\n`, { sha256 }],
    ['a line of binary mode with a folder', `${hash} */out/ECR.csv`, { sha256 }],
    ['several lines, one of which is ours', `${other}  a.csv\r\n${hash}  ecr.CSV\r\n`, { sha256 }],
    ['a tagged line', `SHA256 (ECR.csv) = ${hash}`, { sha256 }],
    ['a bare hash with a byte order mark', `\ufeff${hash}`, { sha256 }],
    ['a bare number', '1234\n', { bytes: 1234 }],
    ['a number with its unit', '1234 bytes', { bytes: 1234 }],
    ['JSON', `{"bytes":12,"sha256":"${hash}","rows":"3"}`, { bytes: 12, sha256, rows: 3 }],
    ['JSON with other keys', '{"file":"ECR.csv","Rows":3}', { rows: 3 }],
  ]
  for (const [name, text, claim] of good)
    it(`reads ${name}`, () => assert.deepEqual(parseManifest(text, 'ECR.csv'), claim))

  const bad: [string, string][] = [
    ['nothing', ''],
    ['prose', 'all good'],
    ['the hash of another file', `${hash}  other.csv`],
    ['two hashes of ours', `${hash}  ECR.csv\n${other}  ECR.csv`],
    ['a line that is none among good ones', `${hash}  ECR.csv\noops`],
    ['broken JSON', '{"bytes":12'],
    ['JSON that says nothing', '{"file":"ECR.csv"}'],
    ['JSON whose hash is none, even where the rest is clear', '{"bytes":12,"sha256":"x"}'],
    ['a negative size', '{"bytes":-1}'],
    ['a short hash', 'abcdef0123'],
  ]
  for (const [name, text] of bad)
    it(`does not understand ${name}`, () => assert.equal(parseManifest(text, 'ECR.csv'), undefined))
})
