import type { StandingPreview } from '#api'
import { tn } from '../../i18n'
import { Sample } from '../../ui/sample'

// What a rule would approve of the queue as it is now.
export function Preview({ preview }: { preview: StandingPreview }) {
  return (
    <section class="stack tight" aria-live="polite">
      <p>
        {tn('standing.matched', preview.matched)}{' '}
        <strong>{tn('standing.wouldApprove', preview.wouldApprove)}</strong>
      </p>
      <Sample proposals={preview.sample} total={preview.wouldApprove} />
    </section>
  )
}
