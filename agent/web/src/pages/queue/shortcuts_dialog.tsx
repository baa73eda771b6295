import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { acts, clashes, defaultBindings, setShortcuts, shortcuts } from '../../lib/shortcuts'
import { Dialog } from '../../ui/dialog'

// What the keys do; each can be another, and all of them can be off.
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const [enabled, setEnabled] = useState(shortcuts.value.enabled)
  const [bindings, setBindings] = useState(shortcuts.value.bindings)
  const clashing = clashes(bindings)
  return (
    <Dialog
      title={t('shortcuts.title')}
      onClose={onClose}
      onSubmit={() => {
        if (clashing.length > 0) return
        setShortcuts({ enabled, bindings })
        onClose()
      }}
    >
      <label class="row">
        <input
          type="checkbox"
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        {t('shortcuts.enabled')}
      </label>
      <dl class="facts shortcuts">
        {acts.map((act) => (
          <>
            <dt>
              <input
                class="mono"
                aria-label={t('shortcuts.key', { act: t(`shortcut.${act}`) })}
                aria-invalid={clashing.includes(act)}
                value={bindings[act]}
                disabled={!enabled}
                maxLength={1}
                size={2}
                onFocus={(event) => event.currentTarget.select()}
                onInput={(event) => {
                  const key = event.currentTarget.value.trim()
                  if (key) setBindings({ ...bindings, [act]: key })
                }}
              />
            </dt>
            <dd>{t(`shortcut.${act}`)}</dd>
          </>
        ))}
      </dl>
      {clashing.length > 0 && (
        <p class="problem" role="alert">
          {t('shortcuts.clash')}
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={() => setBindings(defaultBindings)}>
          {t('shortcuts.reset')}
        </button>
        <button type="submit" class="primary">
          {t('action.save')}
        </button>
      </div>
    </Dialog>
  )
}
