import { signal } from '@preact/signals'

export interface Toast {
  id: number
  text: string
  tone?: 'danger'
  action?: { label: string; act: () => void }
}

const toasts = signal<Toast[]>([])
let nextId = 1

// Shows a line at the foot of the page until its time is over; returns how to take it away earlier.
export function showToast(toast: Omit<Toast, 'id'>, milliseconds = 6000): () => void {
  const id = nextId++
  toasts.value = [...toasts.value, { ...toast, id }]
  const hide = () => {
    toasts.value = toasts.value.filter((each) => each.id !== id)
  }
  setTimeout(hide, milliseconds)
  return hide
}

export function Toasts() {
  return (
    <section class="toasts" aria-live="polite">
      {toasts.value.slice(-3).map((toast) => (
        <div key={toast.id} class={`toast ${toast.tone ?? ''}`}>
          <span>{toast.text}</span>
          {toast.action && (
            <button type="button" onClick={toast.action.act}>
              {toast.action.label}
            </button>
          )}
        </div>
      ))}
    </section>
  )
}
