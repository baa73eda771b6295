import { Link } from 'wouter-preact'
import { api } from '../api/client'
import { useLive } from '../api/load'
import { tn } from '../i18n'

// That somebody has to review what another did in an emergency; nothing where nobody has to.
export function EmergencyNotice() {
  const open = useLive((options) => api.emergencies.listEmergencies({}, options), [])
  const count = open.data?.emergencies.length ?? 0
  if (count === 0) return null
  return (
    <p class="notice warn">
      <Link href="/emergencies">{tn('emergency.notice', count)}</Link>
    </p>
  )
}
