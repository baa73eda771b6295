#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/store/notification.h"
#include "agent/store/people_rows.h"
#include "policy/allowlist.h"
#include "policy/digest.h"
#include "policy/indicator.h"
#include "policy/release.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::store {

using policy::Result;
using policy::TimePoint;

enum class ProposalState : std::uint8_t { pending, approved, rejected, deferred, withdrawn };
std::string_view Name(ProposalState state);
Result<ProposalState> ParseProposalState(std::string_view name);
// Whether people may still decide on it.
constexpr bool IsOpen(ProposalState state) {
  return state == ProposalState::pending || state == ProposalState::deferred;
}

struct Proposal {
  std::int64_t id = 0;
  policy::Indicator target;
  std::chrono::seconds lifetime{};
  std::string policy_version;
  policy::Sha256 digest{};
  ProposalState state = ProposalState::pending;
  int confidence = 0;
  bool needs_two = false;
  std::string proposed_by;  // a person, or "policy"
  TimePoint proposed_at;
  TimePoint changed_at;
  std::optional<TimePoint> deferred_until;  // also: until when a rejection holds
  std::string feeds;                        // names, sorted, each between commas: ",misp,urlhaus,"
  std::string threat;
  std::string malware;
  std::string campaign;
  std::string reason_codes;  // sorted, each between commas: ",confident,fresh,"
  std::string reasons;       // JSON array of {"code","detail"}
  std::string evidence;      // JSON array of what the sources said, at most 20
  std::uint64_t sources_total = 0;
  std::int64_t hits = 0;  // what our own sensors counted
  // What its digest was of before the last change; none before the first.
  struct Content {
    std::chrono::seconds lifetime;
    std::string policy_version;
  };
  std::optional<Content> previous = {};
};

// Names as Proposal.feeds and reason_codes hold them; those with a comma are left out.
std::string CommaList(const std::set<std::string_view>& names);

enum class Verdict : std::uint8_t { approve, reject, defer };
std::string_view Name(Verdict verdict);

struct Vote {
  std::int64_t proposal_id;
  std::string voter;
  Verdict verdict;
  policy::Sha256 digest;  // of the content voted on, with the lifetime that the voter chose
  std::chrono::seconds lifetime;
  std::string reason;
  TimePoint at;
};

// A block that people approved. In force from `added_release` until `removed_release`.
struct Block {
  std::int64_t id = 0;
  std::int64_t proposal_id = 0;
  policy::Indicator target;
  policy::Sha256 digest{};  // the proposal's, as approved
  std::string approved_by;  // names, joined by ","
  TimePoint approved_at;
  TimePoint expires_at;
  std::string reason;
  bool manual = false;  // stands on people's word, not on feeds: does not go stale
  std::optional<std::uint64_t> added_release;  // none while it waits, or a brake holds it
  std::optional<std::uint64_t> removed_release;
  std::string removed_because;  // set when its removal is decided, before a release carries it
  int risk = 0;  // the confidence as approved, 0 to 100; 100 where it stands on people's word
  std::int64_t bulk = 0;  // the bulk decision that made it; 0 for none
};

struct ReleaseList {
  std::string list;
  policy::Sha256 digest;
  std::uint64_t count;
  std::uint64_t added;
  std::uint64_t removed;
  policy::Sha256 terms{};      // digest of the lines' terms
  std::uint64_t retermed = 0;  // lines whose terms changed
};

struct Release {
  std::uint64_t number = 0;
  TimePoint at;
  std::string cause;
  std::vector<ReleaseList> lists;
};

struct Brake {
  std::int64_t id = 0;
  TimePoint since;
  std::string direction;  // "add" or "remove"
  std::string reason;
  std::optional<TimePoint> released_at;
  std::string released_by;
};

struct DeviceStatus {
  std::string device;
  std::string list;
  std::string exporter;
  std::string software;
  std::uint64_t release = 0;
  policy::Sha256 digest{};
  std::uint64_t count = 0;
  std::uint64_t enforced = 0;
  std::uint64_t not_enforceable = 0;
  std::string read_back;
  std::optional<TimePoint> receipt_at;
  bool drift = false;
  std::string nack;  // empty after an ACK
  std::optional<TimePoint> nack_at;
  std::optional<TimePoint> certificate_expires;  // its exporter's, as last shown
  std::optional<TimePoint> certificate_from;     // not known of what was stored by older agents
  bool dry_run = false;                          // its exporter reports, and enforces nothing
  // How it differed from its list when last read back: a line each, "+ip 192.0.2.1/32" for what it
  // held besides, "-..." for what it lacked; the first few.
  std::string difference = {};
  std::uint64_t ended = 0;    // lines that ended there by themselves, without the agent
  std::string left_out = {};  // what does not fit there: Receipt.left_out of the protocol
};

struct FeedState {
  std::string name;
  std::string state;  // see Feed.state in api.proto
  std::string detail;
  std::string etag;
  std::string last_modified;
  std::string content_sha256;  // hex, of the last good file
  std::optional<TimePoint> fetched_at;
  std::optional<TimePoint> accepted_at;
  std::uint64_t rows = 0;
  std::uint64_t rejected = 0;
};

// What the queue is asked for. Everything given must hold.
struct ProposalQuery {
  std::vector<ProposalState> states;  // empty: any
  std::optional<policy::IndicatorKind> kind;
  std::string feed;
  std::string threat;
  std::string malware;
  std::string campaign;
  std::optional<int> confidence_min;
  std::optional<int> confidence_max;
  std::string text;    // a substring of the indicator
  std::string within;  // a canonical domain: the name itself, names below it, and URLs on them
  std::optional<policy::IpPrefix> within_prefix;  // what is inside it, and URLs on its addresses
  std::optional<TimePoint> proposed_from;         // included, like all bounds
  std::optional<TimePoint> proposed_to;
  std::optional<std::int64_t> hits_min;
  std::optional<std::int64_t> hits_max;
  std::string reason;  // a reason code
  std::optional<bool> needs_two;
  std::optional<bool> online;  // whether a feed's last probe found it online
  std::optional<std::vector<policy::Indicator>> targets;  // one of these
  // How many of our own clients use what has this kind and text, which the store does not know; has
  // to be there with a bound, is asked of every target, and may not call the store.
  std::function<std::int64_t(policy::IndicatorKind, std::string_view text)> clients_of;
  std::optional<std::int64_t> clients_min;
  std::optional<std::int64_t> clients_max;
};

// A page of the queue, and how many match on all pages.
struct ProposalPage {
  std::vector<Proposal> proposals;
  std::uint64_t total = 0;
};

// How many proposals share these traits.
struct TraitCount {
  policy::IndicatorKind kind;
  std::string feeds;  // as in Proposal, like the rest
  std::string threat;
  std::string malware;
  std::string campaign;
  std::string reason_codes;
  std::uint64_t count;
};

enum class EmergencyAct : std::uint8_t { block, unblock };
enum class EmergencyState : std::uint8_t { open, confirmed, overturned, lapsed };
std::string_view Name(EmergencyAct act);
std::string_view Name(EmergencyState state);

// What one person did at once because it could not wait; open until another reviewed it.
struct Emergency {
  std::int64_t id = 0;
  EmergencyAct act = EmergencyAct::block;
  policy::Indicator target;
  bool within = false;  // an unblock of all of that domain, or inside that prefix, too
  std::string actor;
  std::string reason;
  TimePoint at;
  TimePoint ends_at;                 // by itself, if nobody reviews it
  std::vector<std::int64_t> blocks;  // that it made or took out
  EmergencyState state = EmergencyState::open;
  std::string reviewer;
  std::string review_reason;
  std::optional<TimePoint> closed_at;
};

enum class BulkState : std::uint8_t { running, done, cancelled, stopped };
std::string_view Name(BulkState state);

// A decision on so many proposals that it is carried out in slices. Which ones, and with what
// content, is fixed at its start; a slice's rows go as they are decided, so that what is left is
// always what is to be done.
struct BulkDecision {
  std::int64_t id = 0;
  std::string voter;
  Verdict verdict = Verdict::approve;
  std::string reason;
  std::optional<std::chrono::seconds> lifetime;
  std::string filter;  // as the voter gave it
  TimePoint started;
  BulkState state = BulkState::running;
  std::string ended_because;  // of one that was cancelled or stopped
  std::optional<TimePoint> ended;
  std::uint64_t matched = 0;
  std::uint64_t decided = 0;
  std::uint64_t awaiting = 0;
  std::uint64_t refused = 0;
  std::uint64_t release = 0;  // that holds what it approved; read only, 0 if none does yet
};

struct BulkRow {
  std::int64_t proposal_id;
  policy::Sha256 digest;  // at the start
};

struct BulkRefusal {
  std::int64_t proposal_id;
  std::string reason;
};

enum class UnblockState : std::uint8_t { open, granted, declined, lapsed };
std::string_view Name(UnblockState state);

// What somebody who was stopped by a block asked for, without an account.
struct UnblockRequest {
  std::int64_t id = 0;
  policy::Sha256 token{};  // the digest of what the asker tracks it with
  policy::Indicator target;
  std::string note;     // in the asker's own words; forgotten a while after the answer or lapse,
  std::string contact;  // like this
  TimePoint at;
  UnblockState state = UnblockState::open;
  std::string answered_by;
  std::string answer;
  std::optional<TimePoint> answered_at;
  std::optional<TimePoint> until;  // granted until then
};

// Votes on what is still pending, which wait for another person's.
struct WaitingVotes {
  std::uint64_t proposals = 0;
  std::optional<TimePoint> oldest;
};

// What a person keeps from being blocked. It never changes, but for its end, which takes two.
struct AllowEntry {
  std::int64_t id = 0;
  policy::AllowEntry entry;  // with a note
  policy::AllowEffect effect = policy::AllowEffect::never;
  std::string added_by;
  TimePoint added_at;
  std::string asked_by;  // who wants it to end; empty: nobody
  std::optional<TimePoint> asked_at;
  std::string asked_because;
  std::optional<TimePoint> ended_at;
  std::string ended_by;
};

enum class RuleState : std::uint8_t { open, in_force, rejected, ended };
std::string_view Name(RuleState state);

// Other rules than the configuration's, as somebody proposed them.
struct RuleChange {
  std::int64_t id = 0;
  std::string version;
  std::string rules;       // YAML
  std::string base;        // the version in force when they were proposed
  std::string configured;  // the configuration's version when they came into force
  std::string proposed_by;
  TimePoint proposed_at;
  std::string reason;
  RuleState state = RuleState::open;
  std::string decided_by;
  std::optional<TimePoint> decided_at;
  std::string decision_reason;
};

enum class StandingState : std::uint8_t { proposed, active, ended };
std::string_view Name(StandingState state);

struct StandingVote {
  std::string voter;
  policy::Sha256 digest{};  // of the rule that was voted for
  std::string reason;
  TimePoint at;
};

// A rule by which two people approve beforehand what will match it (docs/decisions/0007).
struct StandingApproval {
  std::int64_t id = 0;
  std::string filter;               // docs/queue_filter.md
  std::chrono::seconds lifetime{};  // of the blocks
  std::uint32_t uses_per_day = 0;   // at most, by the UTC day
  TimePoint expires_at;
  std::string policy_version;
  std::string reason;
  policy::Sha256 digest{};  // of all of the above but the id
  std::string proposed_by;
  TimePoint proposed_at;
  StandingState state = StandingState::proposed;
  std::vector<StandingVote> votes;  // by voter
  std::string ended_by;             // a person, or "agent"
  std::string ended_because;
  std::optional<TimePoint> ended_at;
  std::uint64_t uses = 0;  // blocks that it approved
  std::uint32_t uses_on_last_day = 0;
  std::optional<TimePoint> last_used_at;
};

struct LeafRow {
  std::uint64_t index;
  std::string leaf;
  policy::Sha256 hash;  // RFC 6962 leaf hash, as stored
};

struct CheckpointRow {
  std::uint64_t size;
  std::string note;
};

// Reads of one consistent state. Cheap to open; any thread, each object by one thread at a time.
// Rows come ascending by id unless said otherwise.
class Reader {
 public:
  virtual ~Reader() = default;

  virtual Result<std::optional<Proposal>> FindProposal(std::int64_t id) = 0;
  // The newest proposal for a target.
  virtual Result<std::optional<Proposal>> FindProposal(const policy::Indicator& target) = 0;
  // Ordered by confidence (highest first), then id. `after` is the cursor: the last row's
  // confidence and id.
  struct Cursor {
    int confidence;
    std::int64_t id;
  };
  virtual Result<std::vector<Proposal>> ListProposals(const ProposalQuery&,
                                                      std::optional<Cursor> after,
                                                      std::size_t limit) = 0;
  virtual Result<std::uint64_t> CountProposals(const ProposalQuery&) = 0;
  // Both at once, for little more than the dearer of the two.
  virtual Result<ProposalPage> PageOfProposals(const ProposalQuery&, std::optional<Cursor> after,
                                               std::size_t limit) = 0;
  // Calls back for all that match, in id order; stops when the callback returns false.
  virtual Result<void> ForEachProposal(const ProposalQuery&,
                                       const std::function<bool(const Proposal&)>&) = 0;
  // What matches, counted by its traits; in no order. From counters, if the query has nothing that
  // differs from proposal to proposal (confidence, text, ...); else from all that match.
  virtual Result<std::vector<TraitCount>> CountByTrait(const ProposalQuery&) = 0;
  // The targets only, which is much quicker than ForEachProposal; in no order.
  virtual Result<void> ForEachTarget(const ProposalQuery&,
                                     const std::function<bool(const policy::Indicator&)>&) = 0;
  // Pending proposals by the hour in which they were proposed.
  virtual Result<std::vector<std::pair<TimePoint, std::uint64_t>>> PendingByHour() = 0;
  // How long the policy's proposals of the newest blocks had waited, and the feeds of each.
  struct Wait {
    std::string feeds;  // as in Proposal
    std::chrono::seconds lasted;
  };
  virtual Result<std::vector<Wait>> NewestWaits(std::size_t limit) = 0;
  virtual Result<std::vector<Vote>> VotesOn(std::int64_t proposal_id) = 0;

  virtual Result<std::optional<Block>> FindBlock(std::int64_t id) = 0;
  // All of a target, oldest first.
  virtual Result<std::vector<Block>> BlocksOf(const policy::Indicator& target) = 0;
  // Not yet removed by a release, whether added or waiting.
  virtual Result<void> ForEachLiveBlock(const std::function<bool(const Block&)>&) = 0;
  virtual Result<std::vector<Block>> ListBlocks(bool include_removed, std::int64_t after_id,
                                                std::size_t limit) = 0;
  // In force, and ending before `until`: the soonest first.
  virtual Result<std::vector<Block>> ExpiringBlocks(TimePoint until, std::size_t limit) = 0;
  virtual Result<std::uint64_t> CountBlocks(bool include_removed) = 0;
  // In force at a release: added_release <= number < removed_release.
  virtual Result<void> ForEachBlockAt(std::uint64_t release,
                                      const std::function<bool(const Block&)>&) = 0;
  // Lines of the allowlist that lists held at a release.
  virtual Result<void> ForEachAllowedAt(std::uint64_t release,
                                        const std::function<bool(const std::string&)>&) = 0;
  struct BlockChange {
    std::vector<Block> added;
    std::vector<Block> removed;
  };
  virtual Result<BlockChange> BlocksBetween(std::uint64_t from, std::uint64_t to) = 0;

  virtual Result<std::optional<Release>> FindRelease(std::uint64_t number) = 0;
  virtual Result<std::optional<Release>> LatestRelease() = 0;
  virtual Result<std::optional<Release>> ReleaseAt(TimePoint at) = 0;
  // Newest first, below `before`; 0: from the newest.
  virtual Result<std::vector<Release>> ListReleases(std::uint64_t before, std::size_t limit) = 0;

  virtual Result<std::vector<Brake>> OpenBrakes() = 0;
  virtual Result<std::vector<DeviceStatus>> DeviceStatuses() = 0;
  virtual Result<std::vector<FeedState>> FeedStates() = 0;

  virtual Result<std::optional<Emergency>> FindEmergency(std::int64_t id) = 0;
  virtual Result<std::vector<Emergency>> OpenEmergencies() = 0;
  // Newest first, below `before`; 0: from the newest.
  virtual Result<std::vector<Emergency>> ListEmergencies(std::int64_t before,
                                                         std::size_t limit) = 0;

  virtual Result<std::optional<BulkDecision>> FindBulk(std::int64_t id) = 0;
  virtual Result<std::vector<BulkDecision>> RunningBulk() = 0;
  // Newest first, below `before`; 0: from the newest.
  virtual Result<std::vector<BulkDecision>> ListBulk(std::int64_t before, std::size_t limit) = 0;
  // The first that are left, by proposal.
  virtual Result<std::vector<BulkRow>> BulkRows(std::int64_t bulk, std::size_t limit) = 0;
  virtual Result<std::vector<BulkRefusal>> BulkRefusals(std::int64_t bulk) = 0;

  virtual Result<std::optional<UnblockRequest>> FindUnblockRequest(std::int64_t id) = 0;
  virtual Result<std::optional<UnblockRequest>> FindUnblockRequest(const policy::Sha256& token) = 0;
  virtual Result<std::vector<UnblockRequest>> OpenUnblockRequests() = 0;
  virtual Result<std::uint64_t> CountOpenUnblockRequests() = 0;
  // Newest first, below `before`; 0: from the newest.
  virtual Result<std::vector<UnblockRequest>> ListUnblockRequests(std::int64_t before,
                                                                  std::size_t limit) = 0;

  // Oldest first.
  virtual Result<std::vector<Notification>> WaitingNotifications(const std::string& channel,
                                                                 std::size_t limit) = 0;
  // Newest first, below `before`; 0: from the newest.
  virtual Result<std::vector<Notification>> ListNotifications(std::int64_t before,
                                                              std::size_t limit) = 0;
  // Those of which an attempt failed and none succeeded.
  virtual Result<std::uint64_t> CountLateNotifications() = 0;
  // The first leaf of the history of which nobody was notified yet.
  virtual Result<std::optional<std::uint64_t>> NotifiedUpTo() = 0;
  virtual Result<WaitingVotes> VotesThatWait() = 0;

  // Those of people that have not ended.
  virtual Result<std::vector<AllowEntry>> OpenAllowEntries() = 0;

  // Newest first.
  virtual Result<std::vector<RuleChange>> RuleChanges(std::size_t limit) = 0;
  virtual Result<std::optional<RuleChange>> FindRuleChange(std::int64_t id) = 0;

  virtual Result<std::optional<StandingApproval>> FindStandingApproval(std::int64_t id) = 0;
  // Proposed or active.
  virtual Result<std::vector<StandingApproval>> OpenStandingApprovals() = 0;
  // Newest first, below `before`; 0: from the newest.
  virtual Result<std::vector<StandingApproval>> ListStandingApprovals(std::int64_t before,
                                                                      std::size_t limit) = 0;

  virtual Result<std::vector<Account>> Accounts() = 0;
  virtual Result<std::vector<Session>> Sessions() = 0;
  virtual Result<std::vector<ApiToken>> ApiTokens() = 0;
  virtual Result<std::vector<OpenActOf>> OpenActs() = 0;  // each once, by person

  virtual Result<std::uint64_t> LeafCount() = 0;  // the last index + 1
  virtual Result<std::vector<LeafRow>> Leaves(std::uint64_t from, std::size_t limit) = 0;
  // Whose subject is exactly that: the first `limit` from index `from` on, or the newest `limit`.
  // Ascending both.
  virtual Result<std::vector<LeafRow>> LeavesAbout(std::string_view subject, std::uint64_t from,
                                                   std::size_t limit) = 0;
  virtual Result<std::vector<LeafRow>> NewestLeavesAbout(std::string_view subject,
                                                         std::size_t limit) = 0;
  // The lowest index of an entry at or after `since`; LeafCount if there is none.
  virtual Result<std::uint64_t> FirstLeafSince(TimePoint since) = 0;
  virtual Result<std::vector<CheckpointRow>> Checkpoints(std::uint64_t after_size,
                                                         std::size_t limit) = 0;
  virtual Result<std::optional<CheckpointRow>> LatestCheckpoint() = 0;
};

// One transaction of the only writer. Reads see its own writes. Destroying it without Commit
// rolls everything back. After the first failed write, every later one and Commit fail with the
// same error. Callbacks of reads must not write. Where a row has an id, 0 inserts and returns the
// new id; another replaces that row (`not_found` without one).
class Transaction : public Reader {
 public:
  virtual Result<std::int64_t> PutProposal(const Proposal&) = 0;
  virtual Result<void> PutVote(const Vote&) = 0;  // replaces the voter's earlier one
  virtual Result<void> ClearVotes(std::int64_t proposal_id) = 0;
  // Undoes those of OpenActs that are this; a bulk decision still has to be stopped, which it then
  // is by its next slice. `because` is kept where there is a place for it. Returns how many there
  // were.
  virtual Result<std::uint64_t> ClearOpenActs(const OpenActOf& act, std::string_view because) = 0;
  virtual Result<std::int64_t> PutBlock(const Block&) = 0;
  // What lists of the allowlist gain and lose with a release.
  virtual Result<void> PutAllowed(const policy::Delta&, std::uint64_t release) = 0;
  virtual Result<void> PutRelease(const Release&) = 0;  // `conflict` if that number is taken
  virtual Result<std::int64_t> PutBrake(const Brake&) = 0;
  virtual Result<std::int64_t> PutEmergency(const Emergency&) = 0;
  virtual Result<std::int64_t> PutBulk(const BulkDecision&) = 0;
  // Its rows are what matches now.
  virtual Result<void> FixBulkRows(std::int64_t bulk, const ProposalQuery&) = 0;
  // Those up to that proposal are done.
  virtual Result<void> DropBulkRows(std::int64_t bulk, std::int64_t last_proposal) = 0;
  virtual Result<void> PutBulkRefusal(std::int64_t bulk, const BulkRefusal&) = 0;
  virtual Result<std::int64_t> PutUnblockRequest(const UnblockRequest&) = 0;
  // Drops note and contact of what was answered before that.
  virtual Result<void> ForgetAskers(TimePoint answered_before) = 0;
  // False, and nothing is stored, if the channel has one of that key already.
  virtual Result<bool> AddNotification(const Notification&) = 0;
  // All of it that changes: from `batch` on.
  virtual Result<void> PutNotification(const Notification&) = 0;
  virtual Result<void> SetNotifiedUpTo(std::uint64_t leaf) = 0;
  virtual Result<void> ForgetNotifications(TimePoint done_before) = 0;
  virtual Result<std::int64_t> PutAllowEntry(const AllowEntry&) = 0;
  virtual Result<std::int64_t> PutRuleChange(const RuleChange&) = 0;
  virtual Result<std::int64_t> PutStandingApproval(const StandingApproval&) = 0;  // votes, too
  virtual Result<void> PutDeviceStatus(const DeviceStatus&) = 0;  // replaces the device's
  virtual Result<void> PutFeedState(const FeedState&) = 0;
  virtual Result<void> PutAccount(const Account&) = 0;  // replaces the one of that name
  virtual Result<void> PutSession(const Session&) = 0;  // replaces the one of that digest
  virtual Result<void> RemoveSession(const policy::Sha256& digest) = 0;
  virtual Result<std::int64_t> PutApiToken(const ApiToken&) = 0;
  virtual Result<void> PutLeaf(const LeafRow&, std::string_view subject, TimePoint at) = 0;
  virtual Result<void> PutCheckpoint(const CheckpointRow&) = 0;

  // Durable once it returns a value (fsync). On `outcome_unknown` the writer must stop and open
  // the store anew; on any other error nothing was stored.
  virtual Result<void> Commit() = 0;
};

// Where the agent keeps what must survive. Begin is for one thread, the engine's; Read for any.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<std::unique_ptr<Transaction>> Begin() = 0;
  virtual Result<std::unique_ptr<Reader>> Read() = 0;
};

}  // namespace agent::store
