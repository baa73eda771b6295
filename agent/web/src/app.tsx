import type { FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Link, Route, Switch, useLocation } from 'wouter-preact'
import { followChanges } from './api/changes'
import { logOut, may, session } from './api/session'
import { returnPath } from './api/single_sign_on'
import { waitingRequests, watchWaitingRequests } from './api/unblock_requests'
import { formatNumber, type Key, t, tCode } from './i18n'
import { AccountPage } from './pages/account'
import { AccountsPage } from './pages/accounts'
import { AllowlistsPage } from './pages/allowlists'
import { BlocksPage } from './pages/blocks'
import { DashboardPage } from './pages/dashboard'
import { DevicesPage } from './pages/devices'
import { LogInPage, RedeemPage, SignOnPage } from './pages/door'
import { EmergenciesPage } from './pages/emergencies'
import { ExplainPage } from './pages/explain'
import { FeedsPage } from './pages/feeds'
import { HistoryPage } from './pages/history'
import { NotificationsPage } from './pages/notifications'
import { PolicyPage } from './pages/policy'
import { QueuePage } from './pages/queue'
import { ReleasesPage } from './pages/releases'
import { StandingPage } from './pages/standing'
import { TrackPage, trackPath, UnblockPage } from './pages/unblock'
import { UnblockRequestsPage } from './pages/unblock_requests'
import { Icon, type IconName } from './ui/icon'
import { Empty } from './ui/parts'
import { Preferences } from './ui/preferences'
import { StepUp } from './ui/step_up_dialog'
import { Toasts } from './ui/toasts'

interface Place {
  path: string
  title: Key
  icon: IconName
  method: string // without the right to call it there is nothing to see
  page: FunctionComponent
}

const rows: [string, Key, IconName, string, FunctionComponent][] = [
  ['/', 'nav.dashboard', 'dashboard', 'Queue/ListProposals', DashboardPage],
  ['/queue', 'nav.queue', 'queue', 'Queue/ListProposals', QueuePage],
  ['/explain', 'nav.explain', 'explain', 'Blocks/Why', ExplainPage],
  ['/blocks', 'nav.blocks', 'blocks', 'Blocks/ListBlocks', BlocksPage],
  [
    '/emergencies',
    'nav.emergencies',
    'emergencies',
    'Emergencies/ListEmergencies',
    EmergenciesPage,
  ],
  [
    '/unblock-requests',
    'nav.unblockRequests',
    'unblockRequests',
    'UnblockRequests/ListUnblockRequests',
    UnblockRequestsPage,
  ],
  [
    '/standing',
    'nav.standing',
    'standing',
    'StandingApprovals/ListStandingApprovals',
    StandingPage,
  ],
  ['/releases', 'nav.releases', 'releases', 'Releases/ListReleases', ReleasesPage],
  ['/devices', 'nav.devices', 'devices', 'Devices/ListDevices', DevicesPage],
  ['/feeds', 'nav.feeds', 'feeds', 'Feeds/ListFeeds', FeedsPage],
  ['/allowlists', 'nav.allowlists', 'allowlists', 'Allowlists/ListAllowlists', AllowlistsPage],
  ['/policy', 'nav.policy', 'policy', 'Rules/GetRules', PolicyPage],
  ['/history', 'nav.history', 'history', 'History/ListEntries', HistoryPage],
  [
    '/notifications',
    'nav.notifications',
    'notifications',
    'Notifications/ListNotifications',
    NotificationsPage,
  ],
  ['/accounts', 'nav.accounts', 'accounts', 'Accounts/ListAccounts', AccountsPage],
]
const places: Place[] = rows.map(([path, title, icon, method, page]) => ({
  path,
  title,
  icon,
  method,
  page,
}))

export function App() {
  const person = session.value
  if (person === undefined) return null
  return (
    <>
      <Switch>
        <Route path="/invitation" component={RedeemPage} />
        <Route path={returnPath} component={SignOnPage} />
        <Route path="/unblock" component={UnblockPage} />
        <Route path={trackPath} component={TrackPage} />
        <Route>{person ? <Shell /> : <LogInPage />}</Route>
      </Switch>
      <Toasts />
    </>
  )
}

function Shell() {
  const [path] = useLocation()
  const place = places.find((each) => each.path === path)
  const title = place ? t(place.title) : ''
  useEffect(() => {
    document.title = title ? `${title} – Sekisho` : 'Sekisho'
  }, [title])
  useEffect(followChanges, [])
  useEffect(watchWaitingRequests, [])
  return (
    <div class="shell">
      <a class="skip button" href="#main">
        {t('nav.skip')}
      </a>
      <Navigation path={path} />
      <main id="main" class="page" tabIndex={-1}>
        <Switch>
          {places.map((each) => (
            <Route key={each.path} path={each.path}>
              <each.page />
            </Route>
          ))}
          <Route path="/account">
            <AccountPage />
          </Route>
          <Route>
            <Empty title={t('notFound.title')}>
              <Link href="/">{t('notFound.back')}</Link>
            </Empty>
          </Route>
        </Switch>
      </main>
      <StepUp />
    </div>
  )
}

function Count({ n }: { n: number }) {
  return n > 0 ? <span class="badge accent count">{formatNumber(n)}</span> : null
}

function Navigation({ path }: { path: string }) {
  const [open, setOpen] = useState(false)
  return (
    <nav class="nav" aria-label={t('nav.label')}>
      <div class="brand">
        <img src="/icon.svg" alt="" />
        Sekisho
      </div>
      <button
        type="button"
        class="toggle plain"
        aria-expanded={open}
        aria-controls="menu"
        onClick={() => setOpen(!open)}
      >
        <Icon name={open ? 'close' : 'menu'} />
        {t('nav.menu')}
      </button>
      <div id="menu" class={`menu ${open ? 'open' : ''}`}>
        <ul>
          {places
            .filter((place) => may(place.method))
            .map((place) => (
              <li key={place.path}>
                <Link
                  href={place.path}
                  aria-current={place.path === path ? 'page' : undefined}
                  onClick={() => setOpen(false)}
                >
                  <Icon name={place.icon} />
                  {t(place.title)}
                  {place.path === '/unblock-requests' && <Count n={waitingRequests.value} />}
                </Link>
              </li>
            ))}
        </ul>
        <div class="foot">
          <div class="small">
            <Link href="/account" onClick={() => setOpen(false)}>
              {session.value?.name}
            </Link>
            <div class="quiet">{tCode('role', session.value?.role ?? '')}</div>
          </div>
          <Preferences />
          <button type="button" onClick={logOut}>
            {t('session.logOut')}
          </button>
        </div>
      </div>
    </nav>
  )
}
