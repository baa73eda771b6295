import { Link } from 'wouter-preact'
import { waitingRequests } from '../api/unblock_requests'
import { tn } from '../i18n'

// That somebody whom a block stopped waits for an answer; nothing where nobody does.
export function UnblockNotice() {
  if (waitingRequests.value === 0) return null
  return (
    <p class="notice">
      <Link href="/unblock-requests">{tn('unblock.notice', waitingRequests.value)}</Link>
    </p>
  )
}
