import { Link } from 'wouter-preact'
import { api } from '../api/client'
import { useLoad } from '../api/load'
import { tn } from '../i18n'

// That what people ought to be told does not get through; nothing where all does.
export function LateNotice() {
  const found = useLoad(
    (signal) => api.notifications.listNotifications({ limit: 1 }, { signal }),
    [],
  )
  const late = found.data?.late ?? 0n
  if (late === 0n) return null
  return (
    <p class="notice warn">
      <Link href="/notifications">{tn('notification.late', late)}</Link>
    </p>
  )
}
