#include "exporters/keeper.h"

#include <algorithm>
#include <utility>

#include "platform/log.h"

namespace exporters {
namespace {

std::string ReleaseText(const HeldList& held) {
  return "release " + std::to_string(held.release);
}

// The smaller of two bounds, 0 being none.
std::uint64_t Tighter(std::uint64_t a, std::uint64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

// A device that took the list but enforces less than all of it has failed, too.
Outcome<Proof> MustMatch(Outcome<Proof> proof) {
  if (proof && !proof->matches) {
    return tl::unexpected(
        Failure{DeviceState::changed, "the device does not enforce the list: " + proof->how});
  }
  return proof;
}

}  // namespace

Keeper::Keeper(Exporter& exporter, LastKnownGood store, OnDrift on_drift, std::string device,
               const platform::Clock& clock, std::uint64_t entries_max)
    : exporter_(exporter),
      store_(std::move(store)),
      on_drift_(on_drift),
      device_(std::move(device)),
      clock_(clock),
      kinds_(exporter.profile().kinds),
      capacity_(Tighter(entries_max, exporter.profile().capacity)),
      expiry_(device_, clock) {}

Keeper::Goal Keeper::GoalOf(HeldList held) const {
  Fitted fitted = Fit(held.list, kinds_, capacity_);
  if (fitted.left_out) fitted.left_out->all = store_.left_out_path().string();
  return {std::make_shared<const HeldList>(std::move(held)), std::move(fitted)};
}

void Keeper::SetGoal(Goal goal) {
  const bool is_full = goal.fitted.left_out.has_value();
  const bool was_full = goal_.fitted.left_out.has_value();
  goal_ = std::move(goal);
  if (!is_full && !was_full) return;
  const std::string lines = is_full ? LeftOutText(*goal_.held->list, goal_.fitted) : "";
  if (auto ok = store_.StoreLeftOut(lines); !ok) {
    platform::Warn("{}: what it has no room for cannot be stored: {}", device_, ok.error().detail);
  }
  if (!is_full) return;
  platform::Warn(
      "{}: {} of the {} lines of {} do not fit (at most {}); those of the lowest risk "
      "are left out: {}",
      device_, goal_.fitted.left_out->count, goal_.held->list->size(), ReleaseText(*goal_.held),
      capacity_, goal_.fitted.left_out->all);
}

std::optional<Receipt> Keeper::Start() {
  auto good = store_.LoadGood();
  if (!good) {
    platform::Error("{}: cannot load the last known good list, so going on without: {}", device_,
                    good.error().detail);
  } else if (*good) {
    SetGoal(GoalOf(**std::move(good)));
    platform::Info("{}: last known good is {} of {}, {} lines", device_, ReleaseText(*goal_.held),
                   goal_.held->name, goal_.held->list->size());
  }
  auto next = store_.LoadNext();
  if (!next) {
    platform::Warn("{}: cannot load the list that was being applied: {}", device_,
                   next.error().detail);
  } else if (*next) {
    next_ = GoalOf(**std::move(next));
  }
  return Check();
}

void Keeper::ResolveNext() {
  if (!next_) return;
  const auto proof = exporter_.ReadBack(*next_->fitted.list);
  if (!proof) return;  // the device does not answer; ask again at the next look
  if (proof->matches) {
    platform::Info("{}: the device enforces {}, which was being applied when the exporter stopped",
                   device_, ReleaseText(*next_->held));
    if (auto ok = store_.Promote(); !ok) platform::Warn("{}: {}", device_, ok.error().detail);
    SetGoal(*std::move(next_));
  } else {
    store_.DropNext();
  }
  next_.reset();
}

std::optional<Receipt> Keeper::Check() {
  ResolveNext();
  if (!goal_.held) return std::nullopt;
  const auto proof = exporter_.ReadBack(*goal_.fitted.list);
  proven_ = proof && proof->matches;
  if (!proof) return NotProven("cannot be read back: " + proof.error().reason);
  if (proof->matches) return Proven(*proof, false);
  if (on_drift_ == OnDrift::report || proof->in_place) {
    return NotProven("left as it is: " + proof->how, proof->difference);
  }
  return Restore(*proof);
}

Receipt Keeper::Restore(const Proof& found) {
  platform::Warn("{}: the device does not enforce {}, applying it again: {}", device_,
                 ReleaseText(*goal_.held), found.how);
  const auto proof = ApplyWhole(goal_);
  if (!proof) return NotProven("cannot be restored: " + proof.error().reason, found.difference);
  proven_ = true;
  Receipt receipt = Proven(*proof, true);
  receipt.difference = found.difference;
  return receipt;
}

Answer Keeper::Take(const Update& update) {
  // It was checked on arrival, but what is held may have moved on since.
  if (auto ok = CheckOrder(update.header, goal_.held.get(), clock_.Now()); !ok) {
    return {update.nonce, tl::unexpected(Failure{DeviceState::unchanged, ok.error().detail})};
  }
  expiry_.Trust();
  Goal goal = GoalOf(update.held);
  if (goal_.held && goal_.fitted.list->digest() == goal.fitted.list->digest()) {
    return Confirm(update, std::move(goal));
  }
  const auto proof = MoveTo(goal);
  if (!proof) return Refuse(update, proof.error());
  platform::Info("{}: enforces {}: {}", device_, ReleaseText(*goal_.held), proof->how);
  return {update.nonce, Proven(*proof, false)};
}

std::optional<Receipt> Keeper::EndLines(bool away) {
  if (!goal_.held) return std::nullopt;
  expiry_.Watch(*goal_.held);
  if (!away) return std::nullopt;
  const std::vector<std::size_t> due = expiry_.Due(*goal_.held);
  if (due.empty()) return std::nullopt;
  HeldList rest = *goal_.held;
  rest.list = rest.list->Select(
      [&](std::size_t line) { return !std::binary_search(due.begin(), due.end(), line); });
  rest.ended =
      Ended{(rest.ended ? rest.ended->lines : 0) + due.size(), goal_.held->signed_digest()};
  const auto proof = MoveTo(GoalOf(std::move(rest)));
  if (!proof) {
    platform::Warn("{}: {} lines whose time is over could not be ended: {}", device_, due.size(),
                   proof.error().reason);
    store_.DropNext();
    return Check();
  }
  platform::Info("{}: the agent is away, and the time of {} lines of {} is over: ended", device_,
                 due.size(), ReleaseText(*goal_.held));
  return Proven(*proof, false);
}

Outcome<Proof> Keeper::MoveTo(const Goal& goal) {
  if (auto ok = store_.StoreNext(*goal.held); !ok) {
    return tl::unexpected(Failure{DeviceState::unchanged,
                                  "cannot be stored, so was not applied: " + ok.error().detail});
  }
  next_.reset();
  const policy::ListSnapshot* base = proven_ ? goal_.fitted.list.get() : nullptr;
  const policy::Delta delta =
      base == nullptr ? policy::Delta{} : policy::Difference(*base, *goal.fitted.list);
  auto proof = MustMatch(exporter_.Apply({base, *goal.fitted.list, delta, goal.held->release}));
  if (!proof) return proof;
  if (auto ok = store_.Promote(); !ok) platform::Warn("{}: {}", device_, ok.error().detail);
  SetGoal(goal);
  proven_ = true;
  return proof;
}

Outcome<Proof> Keeper::ApplyWhole(const Goal& goal) {
  const policy::Delta none;
  return MustMatch(exporter_.Apply({nullptr, *goal.fitted.list, none, goal.held->release}));
}

Answer Keeper::Confirm(const Update& update, Goal goal) {
  // Exporters may rank lines by their terms, too.
  const bool is_same = goal_.fitted.list->id() == goal.fitted.list->id();
  const auto found = exporter_.ReadBack(*goal.fitted.list);
  proven_ = found && found->matches;
  const Outcome<Proof> proof = proven_ ? found : ApplyWhole(goal);
  if (!proof) return Refuse(update, proof.error());
  proven_ = true;
  if (auto failure = Hold(std::move(goal))) {
    return {update.nonce, tl::unexpected(*std::move(failure))};
  }
  return {update.nonce, Proven(*proof, is_same && found && !found->matches)};
}

// Remembers the release, its time and its lines' terms.
std::optional<Failure> Keeper::Hold(Goal goal) {
  const HeldList& old = *goal_.held;
  const HeldList& held = *goal.held;
  if (held.release == old.release && held.issued <= old.issued &&
      held.list->id() == old.list->id()) {
    return {};
  }
  auto ok = store_.StoreNext(held);
  if (ok) ok = store_.Promote();
  if (!ok) {
    return Failure{DeviceState::unchanged,
                   "is enforced, but cannot be stored: " + ok.error().detail};
  }
  SetGoal(std::move(goal));
  return {};
}

Answer Keeper::Refuse(const Update& update, Failure failure) {
  store_.DropNext();
  platform::Warn("{}: {} was refused: {}", device_, ReleaseText(update.held), failure.reason);
  if (failure.device == DeviceState::unchanged || !goal_.held) {
    return {update.nonce, tl::unexpected(std::move(failure))};
  }
  auto found = exporter_.ReadBack(*goal_.fitted.list);
  proven_ = found && found->matches;
  if (!proven_) {
    const auto restored = ApplyWhole(goal_);
    proven_ = restored.has_value();
    if (!restored) {
      failure.reason +=
          "; " + ReleaseText(*goal_.held) + " could not be put back: " + restored.error().reason;
      return {update.nonce, tl::unexpected(std::move(failure))};
    }
  }
  failure.device = DeviceState::unchanged;
  failure.reason += "; the device enforces " + ReleaseText(*goal_.held) + " again";
  return {update.nonce, tl::unexpected(std::move(failure))};
}

Receipt Keeper::Proven(const Proof& proof, bool drift) const {
  const HeldList& held = *goal_.held;
  Receipt receipt{.release = held.release,
                  .digest = held.list->digest(),
                  .count = held.list->size(),
                  .enforced = proof.enforced,
                  .not_enforceable = proof.not_enforceable,
                  .read_back = proof.how,
                  .at = clock_.Now(),
                  .drift = drift,
                  .ended = held.ended ? held.ended->lines : 0,
                  .left_out = proof.left_out};
  if (goal_.fitted.left_out) receipt.left_out.push_back(*goal_.fitted.left_out);
  return receipt;
}

Receipt Keeper::NotProven(std::string why, std::vector<std::string> difference) const {
  platform::Warn("{}: not proven to enforce {}: {}", device_, ReleaseText(*goal_.held), why);
  Receipt receipt;
  receipt.read_back = std::move(why);
  receipt.at = clock_.Now();
  receipt.drift = true;
  receipt.difference = std::move(difference);
  return receipt;
}

}  // namespace exporters
