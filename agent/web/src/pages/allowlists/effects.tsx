import { useEffect, useRef } from 'preact/hooks'
import type { AllowlistEffects } from '#api'
import { t, tn } from '../../i18n'
import { defang } from '../../ui/evidence_parts'

// What a change would do, before anybody makes it.
export function Effects({ effects }: { effects: AllowlistEffects }) {
  const box = useRef<HTMLElement>(null)
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), [effects])
  const rows = [
    {
      text: tn('allow.leaving', effects.leavingTotal),
      total: effects.leavingTotal,
      first: effects.leaving,
    },
    {
      text: tn('allow.withdrawn', effects.withdrawnTotal),
      total: effects.withdrawnTotal,
      first: effects.withdrawn,
    },
    {
      text: tn('allow.needingTwo', effects.needingTwoTotal),
      total: effects.needingTwoTotal,
      first: effects.needingTwo,
    },
    {
      text: tn('allow.proposed', effects.proposedTotal),
      total: effects.proposedTotal,
      first: effects.proposed,
    },
  ].filter(({ total }) => total > 0n)
  return (
    <section class="notice stack tight" aria-live="polite" ref={box}>
      <strong>{t('allow.effects')}</strong>
      {rows.length === 0 && <p>{t('allow.effects.none')}</p>}
      {rows.map(({ text, total, first }) => (
        <div key={text}>
          <p>{text}</p>
          <ul class="mono small">
            {first.map((each) => (
              <li key={each}>{defang(each)}</li>
            ))}
            {total > BigInt(first.length) && <li>…</li>}
          </ul>
        </div>
      ))}
    </section>
  )
}
