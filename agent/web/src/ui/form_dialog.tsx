import type { ComponentChildren } from 'preact'
import type { Problem } from '../api/client'
import { t } from '../i18n'
import { Dialog } from './dialog'
import { ProblemBox } from './parts'
import { useSubmit } from './use_submit'

interface Props {
  title: string
  submit: string
  danger?: boolean
  disabled?: boolean
  act: () => void | Promise<void> // closes the dialog once it is done
  onClose: () => void
  // In other words than the general ones.
  explain?: (problem: Problem) => Problem
  children: ComponentChildren
}

// A dialog that asks, acts, and stays open with what went wrong.
export function FormDialog({
  title,
  submit: label,
  danger = false,
  disabled = false,
  act,
  onClose,
  explain = (problem) => problem,
  children,
}: Props) {
  const { busy, problem, submit } = useSubmit(async () => act())
  return (
    <Dialog title={title} onClose={onClose} onSubmit={submit}>
      {problem && <ProblemBox problem={explain(problem)} />}
      {children}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {t('action.cancel')}
        </button>
        <button type="submit" class={danger ? 'danger' : 'primary'} disabled={busy || disabled}>
          {label}
        </button>
      </div>
    </Dialog>
  )
}
