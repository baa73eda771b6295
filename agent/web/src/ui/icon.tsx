// Line icons on a grid of 20, drawn for this page.
const paths = {
  dashboard: 'M3 17V9m5 8V4m5 13v-6m4 6V7',
  queue: 'M3 5h14M3 10h14M3 15h8',
  explain: 'M9 15a6 6 0 1 1 0-12 6 6 0 0 1 0 12Zm4.5-1.5L18 18',
  blocks: 'M10 18a8 8 0 1 1 0-16 8 8 0 0 1 0 16ZM4.5 4.5l11 11',
  emergencies: 'M10 2l8 15H2zM10 8v4m0 2.5h.01',
  unblockRequests: 'M4 9h12v9H4zM7 9V6a3 3 0 0 1 6-1M10 12v3',
  notifications: 'M4 15h12l-2-3V8a4 4 0 0 0-8 0v4zM8 17.5h4',
  standing: 'M4 3h12v14H4zM7 8l2 2 4-4M7 14h6',
  releases: 'M4 3h12v5H4zM4 12h12v5H4zM7 5.5h.01M7 14.5h.01',
  devices: 'M2 4h16v9H2zM7 17h6m-3-4v4',
  feeds: 'M4 16h.01M4 10a6 6 0 0 1 6 6M4 4a12 12 0 0 1 12 12',
  history: 'M10 5v5l3 2M3 10a7 7 0 1 0 2-5L3 7m0-4v4h4',
  policy: 'M10 2l7 3v5c0 4-3 7-7 8-4-1-7-4-7-8V5zM7 10l2 2 4-4',
  allowlists: 'M3 5l2 2 3-4M11 5h6M3 12l2 2 3-4M11 12h6M11 17h6',
  accounts:
    'M7 9a3 3 0 1 1 0-6 3 3 0 0 1 0 6ZM1 17c0-4 3-5 6-5s6 1 6 5M14 9a2.5 2.5 0 1 0-1-5M15 12c2.5 0 4 1.5 4 5',
  menu: 'M3 5h14M3 10h14M3 15h14',
  close: 'M5 5l10 10M15 5L5 15',
  copy: 'M7 7h10v10H7zM13 7V3H3v10h4',
  link: 'M8 12l4-4M7 9l-2 2a3 3 0 0 0 4 4l2-2M13 11l2-2a3 3 0 0 0-4-4L9 7',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { name: IconName }) {
  return (
    <svg width="18" height="18" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.7"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
