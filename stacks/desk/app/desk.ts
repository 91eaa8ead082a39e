import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { licenceClient, type SeatAnswer } from '@domicile/license/client'

/** An application that takes a seat for each session, shows what is licensed and says how many mails it sent. */

const licence = licenceClient()

/** Of those who sat down. A cookie that somebody made up is in here no more than a seat is behind it. */
const sessions = new Set<string>()

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error)
    send(response, 500, '<h1>That did not work</h1>')
  })
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = `${request.method} ${request.url}`
  if (call === 'GET /health') return send(response, 200, 'ok')
  if (call === 'POST /enter') return enter(response)
  const session = /(?:^|; )desk=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
  if (!sessions.has(session)) return send(response, 200, DOOR)
  if (call === 'POST /leave') return leave(response, session)

  // Whatever somebody does keeps the seat; who does nothing for long loses it.
  const seat = await licence.acquire(session)
  if (!seat.granted) return send(response, 503, full(seat))
  if (call === 'GET /') return send(response, 200, await page(seat))
  if (call === 'POST /mail') {
    licence.reportUsage('mails')
    return to(response, '/')
  }
  send(response, 404, '<h1>There is no such page</h1>')
}

async function enter(response: ServerResponse): Promise<void> {
  const session = randomUUID()
  const seat = await licence.acquire(session)
  if (!seat.granted) return send(response, 503, full(seat))
  sessions.add(session)
  to(response, '/', `desk=${session}; Path=/; Secure; HttpOnly; SameSite=Strict`)
}

async function leave(response: ServerResponse, session: string): Promise<void> {
  sessions.delete(session)
  await licence.release(session)
  to(response, '/', 'desk=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict')
}

const button = (path: string, text: string, off = false) =>
  `<form method="post" action="${path}"><button${off ? ' disabled' : ''}>${text}</button></form>`

const DOOR = `<h1>Desk</h1>${button('/enter', 'Sit down')}`

const full = ({ reason, seats, nextFreeSeconds }: SeatAnswer) =>
  reason === 'blocked'
    ? '<h1>Closed</h1>'
    : `<h1>All ${seats.max} seats are taken</h1>
<p>${nextFreeSeconds === null ? '' : `One is free in ${Math.ceil(nextFreeSeconds / 60)} minutes at the latest, unless it is used.`}
${button('/enter', 'Try again')}`

async function page({ seats, reason }: SeatAnswer): Promise<string> {
  const entitled = await licence.entitlements()
  const notices = entitled?.notices.filter(({ audience }) => audience === 'everyone') ?? []
  return `<h1>Desk</h1>
${notices.map(({ texts }) => `<p role="status">${escapeHtml(texts['en']?.text ?? '')}`).join('\n')}
<p>Seats: ${seats.max === null ? reason : `${seats.used} of ${seats.max}`}
<p>Licensed until: ${entitled?.until ?? 'no day was agreed'}
<p>Reports: ${(await licence.mayUse('reports')) ? 'included' : 'not licensed'}
${button('/mail', 'Send a mail', entitled?.readOnly)}
${button('/leave', 'Leave')}`
}

const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

function send(response: ServerResponse, status: number, body: string): void {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Desk</title></head><body>${body}</body></html>`
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html)
}

function to(response: ServerResponse, location: string, cookie?: string): void {
  response.writeHead(303, { location, ...(cookie !== undefined && { 'set-cookie': cookie }) }).end()
}

server.listen(Number(process.env['PORT'] ?? 8000))

process.once('SIGTERM', async () => {
  server.close()
  await licence.close()
})
