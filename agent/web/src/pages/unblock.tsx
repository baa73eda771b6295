// For those whom a block stopped, without a session: asking for the site, and what became of it.
import { useState } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import { api } from '../api/client'
import { useLoad } from '../api/load'
import { t, tCode } from '../i18n'
import { targetOf } from '../lib/unblock_target'
import { Badge, Field, ProblemBox, Time } from '../ui/parts'
import { TextField } from '../ui/text_field'
import { useSubmit } from '../ui/use_submit'
import { Door } from './door'

export const trackPath = '/unblock/status'

export function UnblockPage() {
  const [, navigate] = useLocation()
  const [target, setTarget] = useState(() => targetOf(location.search))
  const [note, setNote] = useState('')
  const [contact, setContact] = useState('')
  const { busy, problem, submit } = useSubmit(async () => {
    const { token } = await api.unblockRequests.ask({
      target: target.trim(),
      note: note.trim(),
      contact: contact.trim(),
    })
    navigate(`${trackPath}#${token}`, { replace: true })
  })
  return (
    <Door title={t('unblock.title')}>
      <p class="quiet">{t('unblock.intro')}</p>
      <form onSubmit={submit}>
        {problem && <ProblemBox problem={problem} />}
        <TextField
          label={t('unblock.target')}
          class="mono"
          required
          inputMode="url"
          autocapitalize="none"
          spellcheck={false}
          maxLength={8192}
          value={target}
          onText={setTarget}
        />
        <Field label={t('unblock.note')} hint={t('unblock.note.hint')}>
          {(field) => (
            <textarea
              {...field}
              required
              rows={3}
              maxLength={300}
              value={note}
              onInput={(event) => setNote(event.currentTarget.value)}
            />
          )}
        </Field>
        <TextField
          label={t('unblock.contact')}
          hint={t('unblock.contact.hint')}
          maxLength={60}
          value={contact}
          onText={setContact}
        />
        <button type="submit" class="primary" disabled={busy}>
          {t('unblock.ask')}
        </button>
      </form>
    </Door>
  )
}

const tones = { open: 'accent', granted: 'ok', declined: 'warn', lapsed: 'warn' } as const

// The token is in the fragment, as that of an invitation is.
export function TrackPage() {
  const token = location.hash.slice(1)
  const asked = useLoad((signal) => api.unblockRequests.track({ token }, { signal }), [token])
  const { data, problem } = asked
  return (
    <Door title={t('unblock.track.title')}>
      {problem && <ProblemBox problem={problem} retry={asked.reload} />}
      {data && (
        <>
          <div class="row" role="status">
            <Badge tone={tones[data.state as keyof typeof tones] ?? ''}>
              {tCode('unblock.state', data.state)}
            </Badge>
            <strong class="mono">{data.site}</strong>
          </div>
          <p>{tCode('unblock.explained', data.state)}</p>
          {data.answer && (
            <section class="stack tight">
              <h2>{t('unblock.answer')}</h2>
              <p class="preserve">{data.answer}</p>
            </section>
          )}
          <p class="quiet small">
            {t('unblock.askedAt')} <Time at={data.at} />
          </p>
          {data.answeredAt && (
            <p class="quiet small">
              {t('unblock.answeredAt')} <Time at={data.answeredAt} />
            </p>
          )}
          {data.until && (
            <p class="quiet small">
              {t('unblock.until')} <Time at={data.until} />
            </p>
          )}
          {data.state === 'open' && (
            <>
              <p class="notice">{t('unblock.keep')}</p>
              <button type="button" onClick={asked.reload}>
                {t('unblock.lookAgain')}
              </button>
            </>
          )}
        </>
      )}
      {problem && <Link href="/unblock">{t('unblock.title')}</Link>}
    </Door>
  )
}
