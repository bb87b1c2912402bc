const time = String.raw`(?:\d{1,2}(?::?\d{2}){0,2}(?:[.,]\d{1,9})?(?:\s*[ap]\.?\s?(?:m\b\.?)?)?|noon|midnight)`
const between = String.raw`\s*(?:[-\u2010-\u2015\u2212]|\b(?:to|till?|until|through|thru)\b)\s*`
const range = new RegExp(String.raw`^\(?${time}${between}(?:\d|noon\b|midnight\b)`, 'iu')

/** Does this begin like two times, `08:30-09:30`, `8:30 AM to 10`? Only asked of what is no single time. */
export function isTimeRange(text: string): boolean {
  return range.test(text.trim())
}
