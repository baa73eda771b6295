import { signal } from '@preact/signals'
import { type Locale, locale, setLocale, t } from '../i18n'

type Theme = 'system' | 'light' | 'dark'
const storageKey = 'sekisho.theme'

function storedTheme(): Theme {
  const stored = localStorage.getItem(storageKey)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

const theme = signal<Theme>(storedTheme())
theme.subscribe((value) => {
  document.documentElement.dataset.theme = value
})
locale.subscribe((value) => {
  document.documentElement.lang = value
})

function setTheme(value: Theme) {
  localStorage.setItem(storageKey, value)
  theme.value = value
}

export function Preferences() {
  return (
    <div class="preferences">
      <label>
        <span class="visually-hidden">{t('preferences.language')}</span>
        <select
          value={locale.value}
          onChange={(event) => setLocale(event.currentTarget.value as Locale)}
        >
          <option value="en">English</option>
          <option value="ja">日本語</option>
        </select>
      </label>
      <label>
        <span class="visually-hidden">{t('preferences.theme')}</span>
        <select
          value={theme.value}
          onChange={(event) => setTheme(event.currentTarget.value as Theme)}
        >
          <option value="system">{t('preferences.theme.system')}</option>
          <option value="light">{t('preferences.theme.light')}</option>
          <option value="dark">{t('preferences.theme.dark')}</option>
        </select>
      </label>
    </div>
  )
}
