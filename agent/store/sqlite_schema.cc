#include "agent/store/sqlite_schema.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "agent/store/sqlite_fields.h"
#include "agent/store/sqlite_filter.h"

namespace agent::store {
namespace {

// Times are seconds since 1970 UTC, digests 32 bytes, kinds and states the numbers of their enums.
//
// proposal.host holds the host name with its labels reversed and a dot after each, so that a name
// and all below it are one range: "com.example." to "com.example/". An address has
// hexadecimal digits instead: HostKey.
// proposal_queue answers a page of the queue, filters and all, without touching the wide rows.
// trait holds what many proposals share (of their reasons, the codes: ",confident,fresh,");
// proposal_count counts by it, since counting a million rows would take longer than showing a page.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE trait(
  id INTEGER PRIMARY KEY,
  feeds TEXT NOT NULL,
  threat TEXT NOT NULL,
  malware TEXT NOT NULL,
  reasons TEXT NOT NULL,
  UNIQUE(feeds, threat, malware, reasons)
) STRICT;

CREATE TABLE proposal(
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  host TEXT,
  lifetime INTEGER NOT NULL,
  policy_version TEXT NOT NULL,
  digest BLOB NOT NULL,
  state INTEGER NOT NULL,
  confidence INTEGER NOT NULL,
  needs_two INTEGER NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  deferred_until INTEGER,
  trait INTEGER NOT NULL REFERENCES trait(id),
  sources_total INTEGER NOT NULL,
  reasons TEXT NOT NULL,
  evidence TEXT NOT NULL
) STRICT;
CREATE INDEX proposal_queue ON proposal(state, confidence DESC, id, kind, trait, needs_two);
CREATE INDEX proposal_target ON proposal(kind, text, id);
CREATE INDEX proposal_host ON proposal(host) WHERE host IS NOT NULL;

CREATE TABLE proposal_count(
  state INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  trait INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(state, kind, trait)
) STRICT, WITHOUT ROWID;

CREATE TABLE vote(
  proposal INTEGER NOT NULL REFERENCES proposal(id),
  voter TEXT NOT NULL,
  verdict INTEGER NOT NULL,
  digest BLOB NOT NULL,
  lifetime INTEGER NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(proposal, voter)
) STRICT, WITHOUT ROWID;

CREATE TABLE block(
  id INTEGER PRIMARY KEY,
  proposal INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  digest BLOB NOT NULL,
  approved_by TEXT NOT NULL,
  approved_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  manual INTEGER NOT NULL,
  added_release INTEGER,
  removed_release INTEGER,
  removed_because TEXT NOT NULL
) STRICT;
CREATE INDEX block_target ON block(kind, text, id);
CREATE INDEX block_live ON block(id) WHERE removed_release IS NULL;
CREATE INDEX block_added ON block(added_release) WHERE added_release IS NOT NULL;
CREATE INDEX block_removed ON block(removed_release) WHERE removed_release IS NOT NULL;

CREATE TABLE release(
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  cause TEXT NOT NULL
) STRICT;
CREATE TABLE release_list(
  release INTEGER NOT NULL REFERENCES release(number),
  list TEXT NOT NULL,
  digest BLOB NOT NULL,
  count INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  PRIMARY KEY(release, list)
) STRICT, WITHOUT ROWID;

CREATE TABLE brake(
  id INTEGER PRIMARY KEY,
  since INTEGER NOT NULL,
  direction TEXT NOT NULL,
  reason TEXT NOT NULL,
  released_at INTEGER,
  released_by TEXT NOT NULL
) STRICT;

CREATE TABLE device_status(
  device TEXT PRIMARY KEY,
  list TEXT NOT NULL,
  exporter TEXT NOT NULL,
  software TEXT NOT NULL,
  release INTEGER NOT NULL,
  digest BLOB NOT NULL,
  count INTEGER NOT NULL,
  enforced INTEGER NOT NULL,
  not_enforceable INTEGER NOT NULL,
  read_back TEXT NOT NULL,
  receipt_at INTEGER,
  drift INTEGER NOT NULL,
  nack TEXT NOT NULL,
  nack_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_state(
  name TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  detail TEXT NOT NULL,
  etag TEXT NOT NULL,
  last_modified TEXT NOT NULL,
  content_sha256 TEXT NOT NULL,
  fetched_at INTEGER,
  accepted_at INTEGER,
  rows INTEGER NOT NULL,
  rejected INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE leaf(
  idx INTEGER PRIMARY KEY,
  leaf TEXT NOT NULL,
  hash BLOB NOT NULL,
  subject TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX leaf_subject ON leaf(subject, idx) WHERE subject <> '';
CREATE INDEX leaf_at ON leaf(at, idx);

CREATE TABLE checkpoint(
  size INTEGER PRIMARY KEY,
  note TEXT NOT NULL
) STRICT;
)sql";

// Who works with the agent. Secrets are there as digests only, but for those of one-time codes,
// which have to be read.
constexpr const char* kVersion2 = R"sql(
CREATE TABLE account(
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  password TEXT NOT NULL,
  one_time_secret BLOB NOT NULL,
  one_time_step INTEGER NOT NULL,
  disabled INTEGER NOT NULL,
  created INTEGER NOT NULL,
  last_log_in INTEGER,
  invitation BLOB,
  invitation_expires INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE session(
  digest BLOB PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account(name),
  created INTEGER NOT NULL,
  used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_token(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE,
  created_by TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  revoked INTEGER NOT NULL
) STRICT;

CREATE INDEX vote_voter ON vote(voter);
)sql";

// `blocks` holds ids with a comma after each.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE emergency(
  id INTEGER PRIMARY KEY,
  act INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  within INTEGER NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  blocks TEXT NOT NULL,
  state INTEGER NOT NULL,
  reviewer TEXT NOT NULL,
  review_reason TEXT NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE INDEX emergency_open ON emergency(id) WHERE state = 0;
)sql";

// What filters ask for besides. Addresses get a host, too: FillHosts.
constexpr const char* kVersion4 = R"sql(
ALTER TABLE proposal ADD COLUMN hits INTEGER NOT NULL DEFAULT 0;
DROP INDEX proposal_queue;
CREATE INDEX proposal_queue
  ON proposal(state, confidence DESC, id, kind, trait, needs_two, proposed_at, hits);
)sql";

struct Unplaced {
  std::int64_t id;
  std::string host;  // as it ought to be; empty for none
};

Result<std::vector<Unplaced>> ListUnplaced(Connection& connection, std::int64_t after) {
  return AllRows<Unplaced>(
      connection.Ask("SELECT id, kind, text FROM proposal WHERE host IS NULL AND id > ?"
                     " ORDER BY id LIMIT 10000",
                     after),
      [](const Query& row) -> Result<Unplaced> {
        auto target = TargetOf(row, 1);
        if (!target) return tl::unexpected(target.error());
        return Unplaced{row.Int(0), HostKeyOf(*target)};
      });
}

Result<void> FillHosts(Connection& connection) {
  for (std::int64_t after = 0;;) {
    const auto rows = ListUnplaced(connection, after);
    if (!rows) return tl::unexpected(rows.error());
    if (rows->empty()) return {};
    for (const Unplaced& row : *rows) {
      after = row.id;
      if (row.host.empty()) continue;
      auto done = connection.Ask("UPDATE proposal SET host = ? WHERE id = ?",
                                 std::string_view(row.host), row.id);
      if (auto ran = done.Run(); !ran) return ran;
    }
  }
}

// Whose account comes from single sign-on, and which one's there.
constexpr const char* kVersion5 = R"sql(
ALTER TABLE account ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX account_external ON account(external_id) WHERE external_id <> '';
)sql";

// What devices tell besides of themselves.
constexpr const char* kVersion6 = R"sql(
ALTER TABLE device_status ADD COLUMN certificate_expires INTEGER;
ALTER TABLE device_status ADD COLUMN dry_run INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device_status ADD COLUMN difference TEXT NOT NULL DEFAULT '';
)sql";

// Lines of the allowlist in lists: in force from `added_release` until `removed_release`.
constexpr const char* kVersion7 = R"sql(
CREATE TABLE allowed(
  line TEXT NOT NULL,
  added_release INTEGER NOT NULL,
  removed_release INTEGER
) STRICT;
CREATE UNIQUE INDEX allowed_live ON allowed(line) WHERE removed_release IS NULL;
)sql";

constexpr const char* kVersion8 = R"sql(
CREATE TABLE unblock_request(
  id INTEGER PRIMARY KEY,
  token BLOB NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  note TEXT NOT NULL,
  contact TEXT NOT NULL,
  at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  answered_by TEXT NOT NULL,
  answer TEXT NOT NULL,
  answered_at INTEGER,
  until INTEGER
) STRICT;
CREATE INDEX unblock_request_open ON unblock_request(id) WHERE state = 0;
CREATE INDEX unblock_request_asker ON unblock_request(answered_at)
  WHERE state <> 0 AND (note <> '' OR contact <> '');
)sql";

// The outbox, and how far into the history it has got: one row.
constexpr const char* kVersion9 = R"sql(
CREATE TABLE notification(
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  event TEXT NOT NULL,
  is_urgent INTEGER NOT NULL,
  at INTEGER NOT NULL,
  content TEXT NOT NULL,
  batch INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  done_at INTEGER,
  error TEXT NOT NULL,
  UNIQUE(channel, key)
) STRICT;
CREATE INDEX notification_waiting ON notification(channel, id) WHERE state = 0;
CREATE INDEX notification_late ON notification(id) WHERE state <> 1 AND attempts > 0;
CREATE INDEX notification_done ON notification(done_at) WHERE state <> 0;
CREATE TABLE notified_up_to(id INTEGER PRIMARY KEY, leaf INTEGER NOT NULL) STRICT;
)sql";

// Standing approvals; what a proposal said before its last change; what a token may do of what its
// role may.
constexpr const char* kVersion10 = R"sql(
CREATE TABLE standing_approval(
  id INTEGER PRIMARY KEY,
  filter TEXT NOT NULL,
  lifetime INTEGER NOT NULL,
  uses_per_day INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  policy_version TEXT NOT NULL,
  reason TEXT NOT NULL,
  digest BLOB NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  ended_by TEXT NOT NULL,
  ended_because TEXT NOT NULL,
  ended_at INTEGER,
  uses INTEGER NOT NULL,
  uses_on_last_day INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE INDEX standing_open ON standing_approval(id) WHERE state < 2;

CREATE TABLE standing_vote(
  approval INTEGER NOT NULL REFERENCES standing_approval(id),
  voter TEXT NOT NULL,
  digest BLOB NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(approval, voter)
) STRICT, WITHOUT ROWID;

ALTER TABLE proposal ADD COLUMN previous_lifetime INTEGER;
ALTER TABLE proposal ADD COLUMN previous_policy TEXT;
ALTER TABLE api_token ADD COLUMN scope TEXT NOT NULL DEFAULT '';
)sql";

// How much each block matters where not all fit, what devices said of that, and the digest of a
// list's terms, of zeros only where it was made before there were terms.
constexpr const char* kVersion11 = R"sql(
ALTER TABLE block ADD COLUMN risk INTEGER NOT NULL DEFAULT 0;
UPDATE block SET risk = CASE WHEN manual THEN 100 ELSE
  coalesce((SELECT confidence FROM proposal WHERE proposal.id = block.proposal), 0) END;
ALTER TABLE device_status ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device_status ADD COLUMN left_out TEXT NOT NULL DEFAULT '';
ALTER TABLE release_list ADD COLUMN terms BLOB NOT NULL DEFAULT
  x'0000000000000000000000000000000000000000000000000000000000000000';
ALTER TABLE release_list ADD COLUMN retermed INTEGER NOT NULL DEFAULT 0;
)sql";

// `bulk_row` holds what is still to be decided.
constexpr const char* kVersion12 = R"sql(
CREATE TABLE bulk_decision(
  id INTEGER PRIMARY KEY,
  voter TEXT NOT NULL,
  verdict INTEGER NOT NULL,
  reason TEXT NOT NULL,
  lifetime INTEGER,
  filter TEXT NOT NULL,
  started INTEGER NOT NULL,
  state INTEGER NOT NULL,
  ended_because TEXT NOT NULL,
  ended INTEGER,
  matched INTEGER NOT NULL,
  decided INTEGER NOT NULL,
  awaiting INTEGER NOT NULL,
  refused INTEGER NOT NULL
) STRICT;
CREATE INDEX bulk_decision_running ON bulk_decision(id) WHERE state = 0;
CREATE TABLE bulk_row(
  bulk INTEGER NOT NULL REFERENCES bulk_decision(id),
  proposal INTEGER NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY(bulk, proposal)
) STRICT, WITHOUT ROWID;
CREATE TABLE bulk_refusal(
  bulk INTEGER NOT NULL REFERENCES bulk_decision(id),
  proposal INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY(bulk, proposal)
) STRICT, WITHOUT ROWID;
ALTER TABLE block ADD COLUMN bulk INTEGER NOT NULL DEFAULT 0;
CREATE INDEX block_bulk ON block(bulk, added_release) WHERE bulk <> 0;
)sql";

// What people keep from being blocked, themselves.
constexpr const char* kAllowEntries = R"sql(
CREATE TABLE allow_entry(
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  subtree INTEGER NOT NULL,
  effect INTEGER NOT NULL,
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  expires_at INTEGER,
  added_by TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at INTEGER,
  asked_because TEXT NOT NULL,
  ended_at INTEGER,
  ended_by TEXT NOT NULL
) STRICT;
CREATE INDEX allow_entry_open ON allow_entry(id) WHERE ended_at IS NULL;
)sql";

// The policy's rules as people change them, and which blocks end soon.
constexpr const char* kRuleChanges = R"sql(
CREATE TABLE rule_change(
  id INTEGER PRIMARY KEY,
  version TEXT NOT NULL UNIQUE,
  rules TEXT NOT NULL,
  base TEXT NOT NULL,
  configured TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  state INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at INTEGER,
  decision_reason TEXT NOT NULL
) STRICT;
CREATE INDEX block_expiry ON block(expires_at, id) WHERE removed_release IS NULL;
)sql";

// The ids stay, and with them what points to them.
constexpr const char* kCampaigns = R"sql(
CREATE TABLE trait_with_campaign(
  id INTEGER PRIMARY KEY,
  feeds TEXT NOT NULL,
  threat TEXT NOT NULL,
  malware TEXT NOT NULL,
  campaign TEXT NOT NULL,
  reasons TEXT NOT NULL,
  UNIQUE(feeds, threat, malware, campaign, reasons)
) STRICT;
INSERT INTO trait_with_campaign SELECT id, feeds, threat, malware, '', reasons FROM trait;
DROP TABLE trait;
ALTER TABLE trait_with_campaign RENAME TO trait;
)sql";

// Since when an exporter's certificate is valid.
constexpr const char* kCertificateFrom = R"sql(
ALTER TABLE device_status ADD COLUMN certificate_from INTEGER;
)sql";

// Leads from one version to the next.
struct Step {
  const char* sql;
  Result<void> (*then)(Connection&) = nullptr;  // what SQL can't say
};
constexpr std::array<Step, schema_version> kSteps{{{kVersion1},
                                                   {kVersion2},
                                                   {kVersion3},
                                                   {kVersion4, FillHosts},
                                                   {kVersion5},
                                                   {kVersion6},
                                                   {kVersion7},
                                                   {kVersion8},
                                                   {kVersion9},
                                                   {kVersion10},
                                                   {kVersion11},
                                                   {kVersion12},
                                                   {kAllowEntries},
                                                   {kRuleChanges},
                                                   {kCampaigns},
                                                   {kCertificateFrom}}};

Result<std::int64_t> Pragma(Connection& connection, std::string_view name) {
  const auto value = connection.AskInt("PRAGMA " + std::string(name));
  if (!value) return tl::unexpected(value.error());
  return value->value_or(0);
}

Result<void> RunSteps(Connection& connection, std::size_t version, std::size_t to) {
  for (std::size_t at = version; at < to; ++at) {
    const Step& step = kSteps[at];
    if (auto done = connection.Execute(step.sql); !done) return done;
    if (step.then == nullptr) continue;
    if (auto done = step.then(connection); !done) return done;
  }
  const std::string marks = "PRAGMA application_id=" + std::to_string(application_id) +
                            ";PRAGMA user_version=" + std::to_string(to) + ";COMMIT";
  return connection.Execute(marks.c_str());
}

}  // namespace

Result<std::size_t> SchemaVersion(Connection& connection) {
  const auto version = Pragma(connection, "user_version");
  const auto owner = Pragma(connection, "application_id");
  const auto tables = connection.AskInt("SELECT count(*) FROM sqlite_schema");
  if (!version) return tl::unexpected(version.error());
  if (!owner) return tl::unexpected(owner.error());
  if (!tables) return tl::unexpected(tables.error());
  if (*owner != application_id && (*owner != 0 || *version != 0 || tables->value_or(0) != 0)) {
    return policy::Fail(policy::ErrorCode::not_allowed,
                        "the store's file is another program's SQLite database: name a different "
                        "file, or none that exists");
  }
  if (*version < 0 || static_cast<std::size_t>(*version) > kSteps.size()) {
    return policy::Fail(policy::ErrorCode::not_allowed,
                        "the store has schema version " + std::to_string(*version) +
                            ", this program knows up to " + std::to_string(kSteps.size()) +
                            ": run the newer program, or restore the backup from before it");
  }
  return static_cast<std::size_t>(*version);
}

Result<void> Migrate(Connection& connection, std::size_t version, std::size_t to) {
  if (version == to) return {};
  // A step may make a table anew to which another points:
  // https://www.sqlite.org/lang_altertable.html section 7. The setting is not changed within a
  // transaction.
  if (auto begun = connection.Execute("PRAGMA foreign_keys=OFF; BEGIN EXCLUSIVE"); !begun) {
    return begun;
  }
  auto done = RunSteps(connection, version, to);
  if (!done && connection.InTransaction()) static_cast<void>(connection.Execute("ROLLBACK"));
  const auto again = connection.Execute("PRAGMA foreign_keys=ON");
  return done ? again : done;
}

}  // namespace agent::store
