import { useEffect, useRef, useState } from 'preact/hooks'
import type { Problem } from '../../api/client'
import { type Key, t } from '../../i18n'
import { agentText } from '../../i18n/agent'
import { columnOf, hasTerm, withoutTerm, withTerm } from '../../lib/filter'
import { forgetFilter, savedFilters, saveFilter } from '../../lib/saved_filters'
import { Icon } from '../../ui/icon'
import { showToast } from '../../ui/toasts'

const quickTerms: [string, Key][] = [
  ['two:yes', 'filter.two'],
  ['confidence>=80', 'filter.sure'],
  ['kind:domain', 'kind.domain'],
  ['kind:ip', 'kind.ip'],
  ['kind:url', 'kind.url'],
  ['state:deferred', 'state.deferred'],
]

interface Props {
  filter: string
  problem?: Problem // of this filter
  onFilter: (filter: string) => void
}

export function FilterBar({ filter, problem, onFilter }: Props) {
  const [text, setText] = useState(filter)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => setText(filter), [filter])

  const column = problem && columnOf(problem.detail)
  useEffect(() => {
    if (column === undefined) return
    const start = column - 1
    const end = text.indexOf(' ', start)
    input.current?.focus()
    input.current?.setSelectionRange(start, end < 0 ? text.length : end)
  }, [problem])

  const saved = savedFilters.value.find((each) => each.filter === filter)
  return (
    <search class="filter-bar">
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault()
          onFilter(text.trim())
        }}
      >
        <input
          id="filter"
          ref={input}
          class="mono"
          type="search"
          value={text}
          aria-label={t('filter.label')}
          aria-invalid={problem !== undefined}
          aria-describedby={problem ? 'filter-problem' : undefined}
          placeholder="confidence>=80 threat:c2 feed:urlhaus within:evil.example"
          spellcheck={false}
          autocomplete="off"
          list="saved-filters"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <datalist id="saved-filters">
          {savedFilters.value.map((each) => (
            <option key={each.name} value={each.filter}>
              {each.name}
            </option>
          ))}
        </datalist>
        <button type="submit">{t('filter.apply')}</button>
        <SaveButton filter={filter} savedName={saved?.name} />
        <button
          type="button"
          class="plain"
          title={t('filter.share')}
          aria-label={t('filter.share')}
          onClick={async () => {
            await navigator.clipboard?.writeText(location.href)
            showToast({ text: t('filter.shared') })
          }}
        >
          <Icon name="link" />
        </button>
      </form>
      {problem && (
        <p id="filter-problem" class="problem small" role="alert">
          {agentText(problem.detail)}
        </p>
      )}
      <div class="row quick">
        {quickTerms.map(([term, label]) => {
          const isOn = hasTerm(filter, term)
          return (
            <button
              key={term}
              type="button"
              class="small"
              aria-pressed={isOn}
              title={term}
              onClick={() => onFilter(isOn ? withoutTerm(filter, term) : withTerm(filter, term))}
            >
              {t(label)}
            </button>
          )
        })}
        {savedFilters.value.map((each) => (
          <button
            key={each.name}
            type="button"
            class="small"
            aria-pressed={each === saved}
            title={each.filter}
            onClick={() => onFilter(each === saved ? '' : each.filter)}
          >
            ★ {each.name}
          </button>
        ))}
      </div>
    </search>
  )
}

function SaveButton({ filter, savedName }: { filter: string; savedName?: string }) {
  const [naming, setNaming] = useState(false)
  const [name, setName] = useState('')
  if (!filter) return null
  if (savedName !== undefined) {
    return (
      <button type="button" onClick={() => forgetFilter(savedName)}>
        {t('filter.forget')}
      </button>
    )
  }
  if (!naming) {
    return (
      <button type="button" onClick={() => setNaming(true)}>
        {t('filter.save')}
      </button>
    )
  }
  const save = () => {
    if (name.trim()) saveFilter(name.trim(), filter)
    setNaming(false)
    setName('')
  }
  return (
    <span class="row">
      <input
        value={name}
        aria-label={t('filter.name')}
        placeholder={t('filter.name')}
        size={14}
        autofocus
        onInput={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setNaming(false)
          if (event.key !== 'Enter' || event.isComposing) return
          event.preventDefault()
          save()
        }}
      />
      <button type="button" onClick={save}>
        {t('filter.save')}
      </button>
    </span>
  )
}
