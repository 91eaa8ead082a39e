import { expect, test } from 'vitest'
import { renderVerdicts } from './render.ts'
import { renderReport } from './report.ts'
import { formatBytes, type Verdict } from './verdict.ts'

const VERDICTS: Verdict[] = [
  { id: 'memory', title: 'Memory', verdict: 'pass', value: '8 GiB', wanted: '2 GiB', hint: '', strict: false },
  { id: 'time-sync', title: 'Clock', verdict: 'warn', value: 'off', wanted: 'on', hint: 'Turn it on.', strict: false },
  {
    id: 'cpu-count',
    title: 'Processors',
    verdict: 'fail',
    value: '<script>alert("1 & 2")</script>',
    wanted: '2',
    hint: 'Add one: `echo "<1>"`.',
    strict: false,
    accepted: { by: 'alice', why: "it's a <demo>", at: '2026-03-01T08:00:00Z' },
  },
]

const META = { release: 'ERP <7.0>', host: 'server1', at: '2026-03-01T08:00:00Z', version: '0.1.0' }

test('the text is aligned, says what to do below what did not pass, and sums up', () => {
  expect(renderVerdicts(VERDICTS.slice(0, 2))).toBe(`✓ memory     8 GiB
! time-sync  off (wanted: on)
             Turn it on.

1 passed, 1 warning, 0 failed
`)
})

test('the caller colours, and alignment does not suffer', () => {
  const painted = renderVerdicts(VERDICTS, (text, verdict) => `<${verdict}>${text}</>`)

  expect(painted).toContain('<pass>✓</> memory     8 GiB')
  expect(painted).toContain("accepted by alice: it's a <demo>")
  expect(painted).toContain('1 passed, 1 warning, 1 failed (1 accepted)')
})

test('no verdicts make a text all the same', () => {
  expect(renderVerdicts([])).toContain('0 passed')
})

test('the report loads and runs nothing, whatever a host calls itself', () => {
  const html = renderReport(VERDICTS, META)

  expect(html).not.toMatch(/<script|<link|<img|src=|href=|url\(/i)
  expect(html).toContain('&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;')
  expect(html).toContain('Preflight of server1 for ERP &lt;7.0&gt;')
  expect(html).toContain('it&#39;s a &lt;demo&gt;')
  expect(html).toContain('<code>echo &quot;&lt;1&gt;&quot;</code>')
})

test('the report starts with what failed', () => {
  const html = renderReport(VERDICTS, META)

  expect(['cpu-count', 'time-sync', 'memory'].map((id) => html.indexOf(`<small>${id}`))).toEqual(
    ['cpu-count', 'time-sync', 'memory'].map((id) => html.indexOf(`<small>${id}`)).toSorted((a, b) => a - b),
  )
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [2 ** 31, '2 GiB'],
  [5 * 2 ** 50, '5120 TiB'],
])('%i bytes read as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
