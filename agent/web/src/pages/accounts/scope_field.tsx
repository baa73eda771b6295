import type { TokenRole } from '#api'
import { api } from '../../api/client'
import { useLoad } from '../../api/load'
import { t } from '../../i18n'
import { ProblemBox } from '../../ui/parts'
import { type Chosen, kinds, methodsByService } from './scope'

interface Props {
  role?: TokenRole
  chosen: Chosen
  onChosen: (chosen: Chosen) => void
}

// What a token may do of what its role may.
export function ScopeField({ role, chosen, onChosen }: Props) {
  const toggle = (term: string) => {
    const terms = new Set(chosen.terms)
    if (!terms.delete(term)) terms.add(term)
    onChosen({ ...chosen, terms })
  }
  return (
    <fieldset class="stack tight">
      <legend>{t('accounts.tokens.scope')}</legend>
      {kinds.map((kind) => (
        <label key={kind} class="row">
          <input
            type="radio"
            name="scope"
            checked={chosen.kind === kind}
            onChange={() => onChosen({ kind, terms: new Set() })}
          />
          {t(`accounts.tokens.scope.${kind}`)}
        </label>
      ))}
      {chosen.kind === 'methods' && <Methods role={role} terms={chosen.terms} toggle={toggle} />}
      {chosen.kind === 'feeds' && <Feeds terms={chosen.terms} toggle={toggle} />}
    </fieldset>
  )
}

interface TermsProps {
  terms: ReadonlySet<string>
  toggle: (term: string) => void
}

function Methods({ role, terms, toggle }: TermsProps & { role?: TokenRole }) {
  return (
    <div class="scope">
      {methodsByService(role).map(([service, methods]) => (
        <details key={service}>
          <summary>
            {service}{' '}
            {methods.concat(service).some((term) => terms.has(term)) && (
              <span class="badge accent">✓</span>
            )}
          </summary>
          <Term
            term={service}
            label={t('accounts.tokens.scope.whole', { service })}
            {...{ terms, toggle }}
          />
          {methods.map((method) => (
            <Term
              key={method}
              term={method}
              label={method}
              isImplied={terms.has(service)}
              {...{ terms, toggle }}
            />
          ))}
        </details>
      ))}
    </div>
  )
}

function Feeds(props: TermsProps) {
  const feeds = useLoad((signal) => api.feeds.listFeeds({}, { signal }), [])
  if (feeds.problem) return <ProblemBox problem={feeds.problem} retry={feeds.reload} />
  return (
    <div class="scope">
      {feeds.data?.feeds
        .filter((feed) => !feed.isAllowlist)
        .map(({ name }) => (
          <Term key={name} term={`feed:${name}`} label={name} {...props} />
        ))}
    </div>
  )
}

interface TermProps extends TermsProps {
  term: string
  label: string
  isImplied?: boolean
}

function Term({ term, label, isImplied = false, terms, toggle }: TermProps) {
  return (
    <label class="row">
      <input
        type="checkbox"
        checked={isImplied || terms.has(term)}
        disabled={isImplied}
        onChange={() => toggle(term)}
      />
      <span class="mono small">{label}</span>
    </label>
  )
}
