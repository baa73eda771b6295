// What the engine does by itself: time passes, sources bring something, devices answer.
#include "agent/engine_core.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/allowlist_audit.h"
#include "agent/refusals.h"
#include "platform/log.h"

namespace agent {
namespace {

using policy::Indicator;
using policy::Result;
using policy::TimePoint;
using store::ProposalState;
using store::Transaction;
using Json = nlohmann::ordered_json;

// How often the history tells that a source of our own goes on changing.
constexpr std::chrono::seconds own_told_every = std::chrono::hours(1);
// How far the wall clock may part from the steady one between two ticks.
constexpr std::chrono::seconds clock_step_max = std::chrono::minutes(10);

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void WarnOfExpired(const std::string& allowlist, const std::vector<policy::AllowEntry>& expired) {
  for (const policy::AllowEntry& entry : expired) {
    platform::Warn("allowlist {}: expired, and protects nothing any more: {}", allowlist,
                   policy::TextOf(entry));
  }
}

// Whether nothing is still to be loaded, as just after a start. Without an allowlist a shared host
// looks as if it could be blocked itself, and its URLs as if nothing supported them any more.
bool IsWhole(const World& world) {
  return world.missing_feeds.empty() && world.missing_allowlists.empty();
}

store::FeedState StateOf(const std::string& name, const feeds::FetchResult& result) {
  store::FeedState state;
  state.name = name;
  state.state = std::string(feeds::Name(result.outcome));
  state.detail = result.detail;
  state.fetched_at = result.at;
  if (!result.last_good) return state;
  state.etag = result.last_good->etag;
  state.last_modified = result.last_good->last_modified;
  state.content_sha256 = result.last_good->sha256;
  state.accepted_at = result.last_good->accepted_at;
  if (!result.last_good->history.rows.empty()) state.rows = result.last_good->history.rows.back();
  return state;
}

}  // namespace

// Repeating what is known already is no event. What is our own changes with every alert and every
// push: an entry for each would be thousands a day, and bury the rest.
bool EngineCore::IsNews(const std::string& name, const feeds::FetchResult& result,
                        const store::FeedState& state) {
  Told& told = told_[name];
  const bool is_same_state = state.state == told.state;
  if (result.outcome == feeds::FetchOutcome::unchanged) return false;
  if (is_same_state && state.content_sha256 == told.sha256) return false;
  if (is_same_state && sources_.IsOwn(result) && result.at - told.at < own_told_every) return false;
  told = {state.state, state.content_sha256, result.at};
  return true;
}

Result<void> EngineCore::RecordFetch(Transaction& transaction, const feeds::FetchResult& result) {
  const bool is_allowlist = result.kind == feeds::SourceKind::allowlist;
  const std::string name = (is_allowlist ? "allowlist:" : "") + result.source;
  store::FeedState state = StateOf(name, result);
  if (result.parsed) rejected_rows_[name] = result.parsed->rejected;
  state.rejected = rejected_rows_[name];
  if (auto put = transaction.PutFeedState(state); !put) return put;
  if (!IsNews(name, result, state)) return {};
  const Json detail{
      {"sha256", state.content_sha256}, {"rows", state.rows}, {"detail", state.detail}};
  auto recorded = history_.Append(transaction, result.at,
                                  {"feed:" + name, "feed." + state.state, "", Dump(detail)});
  if (!recorded) return tl::unexpected(recorded.error());
  return {};
}

void EngineCore::TakeFetch(const feeds::FetchResult& result) {
  const auto before = sources_.AllowlistOf(result.source);
  const auto change = sources_.Take(result);
  // Only what a fetch brought is a change: what was kept on disk was recorded when it came.
  const bool is_new_allowlist = change.allowlist && result.outcome == feeds::FetchOutcome::accepted;
  auto stored = Commit<bool>("", [&](Transaction& transaction) -> Result<bool> {
    auto recorded = RecordFetch(transaction, result);
    if (recorded && is_new_allowlist) {
      recorded =
          RecordAllowlist(transaction, result.source, result.at, "allowlist.change",
                          DescribeAllowlistChange(
                              before.get(), *sources_.AllowlistOf(result.source), change.expired));
    }
    if (!recorded) return tl::unexpected(recorded.error());
    return true;
  });
  if (!stored) {
    platform::Error("{}: its fetch could not be recorded: {}", result.source,
                    stored.error().detail);
  }
  WarnOfExpired(result.source, change.expired);
  if (change.feeds || change.allowlist) assess_wanted_ = true;
}

void EngineCore::TakeKept(const std::vector<feeds::FetchResult>& kept) {
  for (const feeds::FetchResult& each : kept) TakeFetch(each);
  SetWorld(sources_.Build(world()));
}

Result<void> EngineCore::RecordAllowlist(Transaction& transaction, const std::string& name,
                                         TimePoint at, const std::string& action,
                                         const std::string& detail) {
  if (detail.empty()) return {};
  auto recorded = history_.Append(transaction, at, {"feed:allowlist:" + name, action, "", detail});
  if (!recorded) return tl::unexpected(recorded.error());
  return {};
}

void EngineCore::ExpireAllowlists(TimePoint now) {
  const auto expired = sources_.Expire(now);
  if (expired.empty()) return;
  assess_wanted_ = true;
  for (const auto& [name, entries] : expired) WarnOfExpired(name, entries);
  auto recorded = Commit<bool>("", [&](Transaction& transaction) -> Result<bool> {
    for (const auto& [name, entries] : expired) {
      auto done =
          RecordAllowlist(transaction, name, now, "allowlist.expire", DescribeExpiry(entries));
      if (!done) return tl::unexpected(done.error());
    }
    if (auto ended = EndExpiredEntries(transaction, now); !ended) {
      return tl::unexpected(ended.error());
    }
    return true;
  });
  if (!recorded) {
    platform::Error("that allowlist entries expired could not be recorded: {}",
                    recorded.error().detail);
  }
}

void EngineCore::TakeBack(const Assessment& assessment, const std::vector<Indicator>& unsupported,
                          const World& current, TimePoint now) {
  auto done =
      Commit<bool>("evidence or allowlist changed", [&](Transaction& transaction) -> Result<bool> {
        if (IsWhole(current)) {
          auto withdrawn = Withdraw(transaction, unsupported, now);
          if (!withdrawn) return tl::unexpected(withdrawn.error());
        }
        auto removed = RemoveUnsupported(transaction, assessment, current, now);
        if (!removed) return tl::unexpected(removed.error());
        if (current.missing_allowlists.empty()) releases_.SetAllowed(current.let_through);
        return true;
      });
  if (!done) platform::Error("what is stale could not be taken back: {}", done.error().detail);
}

void EngineCore::Tick() {
  const auto now = clock_.Now();
  if (ClockJumped(now)) return;
  const auto expired = releases_.ExpiredBy(now);
  if (!expired.empty() || now >= wake_at_) {
    wake_at_ = now + std::chrono::minutes(1);
    auto swept = Commit<std::uint64_t>("expiry", [&](Transaction& transaction) {
      for (const std::int64_t id : expired) {
        auto removed = RemoveById(transaction, id, "agent", "expired", Departure::by_itself);
        if (!removed) return Result<std::uint64_t>(tl::unexpected(removed.error()));
      }
      for (const std::int64_t id :
           releases_.WaitingSince(now - settings_.queue.approval_lifetime)) {
        auto removed = RemoveById(transaction, id, "agent", "approved too long ago to publish",
                                  Departure::by_itself);
        if (!removed) return Result<std::uint64_t>(tl::unexpected(removed.error()));
      }
      if (auto ended = EndEmergencies(transaction, now); !ended) {
        return Result<std::uint64_t>(tl::unexpected(ended.error()));
      }
      if (auto ended = EndRequests(transaction, now); !ended) {
        return Result<std::uint64_t>(tl::unexpected(ended.error()));
      }
      if (auto ended = standing_.EndLapsed(transaction, now); !ended) {
        return Result<std::uint64_t>(tl::unexpected(ended.error()));
      }
      return queue_.WakeDeferred(transaction, now);
    });
    if (!swept) platform::Error("expiry: {}; tried again later", swept.error().detail);
    ExpireAllowlists(now);
  }
  if (now >= assess_all_at_) assess_wanted_ = true;
}

// A clock that jumps must not end every block at once, nor keep one for ever (test matrix, C1).
bool EngineCore::ClockJumped(TimePoint now) {
  const auto steady = clock_.SteadyNow();
  if (last_tick_) {
    const auto wall_step = now - last_tick_->first;
    const auto steady_step =
        std::chrono::duration_cast<std::chrono::seconds>(steady - last_tick_->second);
    if (!clock_brake_ && std::chrono::abs(wall_step - steady_step) > clock_step_max) {
      EngageClockBrake(last_tick_->first, now);
    }
  }
  last_tick_ = {now, steady};
  return clock_brake_;
}

void EngineCore::EngageClockBrake(TimePoint before, TimePoint now) {
  clock_brake_ = true;
  const std::string why = "the clock went from " + policy::FormatTime(before) + " to " +
                          policy::FormatTime(now) + "; nothing expires until a person looks";
  platform::Error("{}", why);
  auto engaged = Commit<std::int64_t>("", [&](Transaction& transaction) {
    auto recorded = history_.Append(
        transaction, now,
        {"agent", "brake.engage", "", Dump({{"direction", "clock"}, {"reason", why}})});
    if (!recorded) return Result<std::int64_t>(tl::unexpected(recorded.error()));
    return transaction.PutBrake({0, now, "clock", why, std::nullopt, ""});
  });
  if (!engaged)
    platform::Error("the clock's brake could not be stored: {}", engaged.error().detail);
}

std::optional<EngineCore::Work> EngineCore::NextWork() {
  if (!assess_wanted_ || !broken_.empty()) return std::nullopt;
  assess_wanted_ = false;
  const auto now = clock_.Now();
  const bool all = now >= assess_all_at_;
  if (all) assess_all_at_ = now + settings_.assess_every;
  if (all || refusals_changed_) {
    const auto read = ReadRefusals(now);
    if (!read) platform::Warn("refusals could not be read: {}", read.error().detail);
    refusals_changed_ = !read;
  }
  return Work{sources_, all, std::exchange(assess_also_, {}), rejected_hosts_, now};
}

// Every rejection that has not lapsed, and how often each target was called a false positive.
Result<void> EngineCore::ReadRefusals(TimePoint now) {
  auto reader = store_.Read();
  if (!reader) return tl::unexpected(reader.error());
  auto refusals = FalsePositives(**reader);
  if (!refusals) return tl::unexpected(refusals.error());
  auto rejected = StandingRejections(**reader, now);
  if (!rejected) return tl::unexpected(rejected.error());
  for (const Indicator& target : *rejected_hosts_) {
    if (!rejected->contains(target)) assess_also_.insert(target);  // lapsed
  }
  sources_.SetRefusals(std::move(*refusals));
  rejected_hosts_ = std::make_shared<const std::set<Indicator>>(std::move(*rejected));
  return {};
}

void EngineCore::AssessAlso(const Indicator& target) {
  assess_also_.insert(target);
  assess_wanted_ = true;
}

bool EngineCore::Propose(const std::vector<queue::Candidate>& candidates, TimePoint now) {
  auto done = Commit<bool>("standing approval", [&](Transaction& transaction) -> Result<bool> {
    auto uses = UsableRules(transaction, now);
    if (!uses) return tl::unexpected(uses.error());
    auto open = transaction.OpenEmergencies();
    if (!open) return tl::unexpected(open.error());
    const Holds holds(std::move(*open));
    for (const queue::Candidate& candidate : candidates) {
      auto proposed =
          queue_.Propose(transaction, candidate, releases_.Holds(candidate.target), now);
      if (!proposed) return tl::unexpected(proposed.error());
      if (!*proposed || uses->empty()) continue;
      auto approved =
          ApproveByRule(transaction, holds, *uses, uses->Find(**proposed), **proposed, now);
      if (!approved) return tl::unexpected(approved.error());
    }
    if (auto stored = uses->Store(transaction); !stored) return tl::unexpected(stored.error());
    return true;
  });
  if (!done) platform::Error("proposals could not be stored: {}", done.error().detail);
  return done.has_value();
}

Result<std::vector<Indicator>> EngineCore::Unsupported(const Assessment& assessment) const {
  std::vector<Indicator> unsupported;
  const auto note = [&](const Indicator& target) {
    if (!assessment.Proposes(target)) unsupported.push_back(target);
    return true;
  };
  if (assessment.scope) {
    for (const Indicator& indicator : *assessment.scope) note(indicator);
    return unsupported;
  }
  auto reader = store_.Read();
  if (!reader) return tl::unexpected(reader.error());
  store::ProposalQuery open;
  open.states = {ProposalState::pending, ProposalState::deferred};
  if (auto read = (*reader)->ForEachTarget(open, note); !read) return tl::unexpected(read.error());
  return unsupported;
}

Result<void> EngineCore::Withdraw(Transaction& transaction,
                                  const std::vector<Indicator>& unsupported, TimePoint now) {
  for (const Indicator& target : unsupported) {
    auto proposal = transaction.FindProposal(target);
    if (!proposal) return tl::unexpected(proposal.error());
    if (!*proposal) continue;
    auto withdrawn = queue_.Withdraw(transaction, **std::move(proposal),
                                     "the policy does not propose it any more", now);
    if (!withdrawn) return withdrawn;
  }
  return {};
}

Result<void> EngineCore::RemoveUnsupported(Transaction& transaction, const Assessment& assessment,
                                           const World& current, TimePoint now) {
  struct Gone {
    std::int64_t id;
    std::string because;
    Departure departure;
  };
  std::vector<Gone> gone;
  const auto judge = [&](const Indicator& target, const Releases::Live& live) {
    if (live.leaving) return;
    const auto decision = policy::Evaluate({&target, {}, true, false}, current.policy,
                                           *current.allowlist, *current.suffixes, now);
    if (decision.outcome == policy::Outcome::dropped || decision.targets != std::vector{target}) {
      gone.push_back(
          {live.id, "allowlisted: " + decision.reasons.front().detail, Departure::by_allowlist});
    } else if (!live.manual && IsWhole(current) && !assessment.Proposes(target)) {
      gone.push_back({live.id, "stale: no feed supports it any more", Departure::by_itself});
    }
  };
  if (assessment.scope) {
    for (const Indicator& indicator : *assessment.scope) {
      const auto live = releases_.live().find(policy::LineOf(indicator));
      if (live != releases_.live().end()) judge(indicator, live->second);
    }
  } else {
    for (const auto& [line, live] : releases_.live()) {
      auto target = policy::ParseLine(line);
      if (!target) return tl::unexpected(target.error());
      judge(*target, live);
    }
  }
  for (const Gone& each : gone) {
    auto removed = RemoveById(transaction, each.id, "policy", each.because, each.departure);
    if (!removed) return removed;
  }
  return {};
}

bool EngineCore::IsWanted(const std::string& list, std::uint64_t release) const {
  const auto now = publication_.Current(list);
  return !now || now->release == release;
}

void EngineCore::StoreDevice(const std::string& device,
                             const std::function<history::Act(store::DeviceStatus&)>& change) {
  auto stored = Commit<bool>("", [&](Transaction& transaction) -> Result<bool> {
    auto all = transaction.DeviceStatuses();
    if (!all) return tl::unexpected(all.error());
    store::DeviceStatus status;
    status.device = device;
    for (const store::DeviceStatus& each : *all) {
      if (each.device == device) status = each;
    }
    const history::Act act = change(status);
    if (auto put = transaction.PutDeviceStatus(status); !put) return tl::unexpected(put.error());
    if (act.action.empty()) return true;
    auto recorded = history_.Append(transaction, clock_.Now(), act);
    if (!recorded) return tl::unexpected(recorded.error());
    return true;
  });
  if (!stored) {
    platform::Error("device {}: its answer could not be recorded: {}", device,
                    stored.error().detail);
  }
}

}  // namespace agent
