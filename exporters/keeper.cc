#include "exporters/keeper.h"

#include <utility>

#include "platform/log.h"

namespace exporters {
namespace {

std::string ReleaseText(const HeldList& held) {
  return "release " + std::to_string(held.release);
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

std::optional<Receipt> Keeper::Start() {
  auto good = store_.LoadGood();
  if (!good) {
    platform::Error("{}: cannot load the last known good list, so going on without: {}", device_,
                    good.error().detail);
  } else if (*good) {
    held_ = std::make_shared<const HeldList>(*std::move(*good));
    platform::Info("{}: last known good is {} of {}, {} lines", device_, ReleaseText(*held_),
                   held_->name, held_->list->size());
  }
  auto next = store_.LoadNext();
  if (next) {
    next_ = std::move(*next);
  } else {
    platform::Warn("{}: cannot load the list that was being applied: {}", device_,
                   next.error().detail);
  }
  return Check();
}

void Keeper::ResolveNext() {
  if (!next_) return;
  const auto proof = exporter_.ReadBack(*next_->list);
  if (!proof) return;  // the device does not answer; ask again at the next look
  if (proof->matches) {
    platform::Info("{}: the device enforces {}, which was being applied when the exporter stopped",
                   device_, ReleaseText(*next_));
    if (auto ok = store_.Promote(); !ok) platform::Warn("{}: {}", device_, ok.error().detail);
    held_ = std::make_shared<const HeldList>(*std::move(next_));
  } else {
    store_.DropNext();
  }
  next_.reset();
}

std::optional<Receipt> Keeper::Check() {
  ResolveNext();
  if (!held_) return std::nullopt;
  const auto proof = exporter_.ReadBack(*held_->list);
  proven_ = proof && proof->matches;
  if (!proof) return NotProven("cannot be read back: " + proof.error().reason);
  if (proof->matches) return Proven(*proof, false);
  if (on_drift_ == OnDrift::report) {
    return NotProven("left as it is: " + proof->how, proof->difference);
  }
  return Restore(*proof);
}

Receipt Keeper::Restore(const Proof& found) {
  platform::Warn("{}: the device does not enforce {}, applying it again: {}", device_,
                 ReleaseText(*held_), found.how);
  const auto proof = ApplyWhole(*held_);
  if (!proof) return NotProven("cannot be restored: " + proof.error().reason, found.difference);
  proven_ = true;
  Receipt receipt = Proven(*proof, true);
  receipt.difference = found.difference;
  return receipt;
}

Answer Keeper::Take(const Update& update) {
  const auto refused = [&](std::string reason) {
    return Answer{update.nonce, tl::unexpected(Failure{DeviceState::unchanged, std::move(reason)})};
  };
  // It was checked on arrival, but `held_` may have moved on since.
  if (auto ok = CheckOrder(update.header, held_.get(), clock_.Now()); !ok) {
    return refused(ok.error().detail);
  }
  if (held_ && held_->list->digest() == update.held.list->digest()) return Confirm(update);
  if (auto ok = store_.StoreNext(update.held); !ok) {
    return refused("cannot be stored, so was not applied: " + ok.error().detail);
  }
  next_.reset();
  const auto proof = ApplyUpdate(update);
  if (!proof) return Refuse(update, proof.error());
  if (auto ok = store_.Promote(); !ok) platform::Warn("{}: {}", device_, ok.error().detail);
  held_ = std::make_shared<const HeldList>(update.held);
  proven_ = true;
  platform::Info("{}: enforces {}: {}", device_, ReleaseText(*held_), proof->how);
  return {update.nonce, Proven(*proof, false)};
}

Outcome<Proof> Keeper::ApplyUpdate(const Update& update) {
  const policy::ListSnapshot* base = proven_ ? held_->list.get() : nullptr;
  const policy::Delta delta =
      base == nullptr ? policy::Delta{} : policy::Difference(*base, *update.held.list);
  return MustMatch(exporter_.Apply({base, *update.held.list, delta, update.held.release}));
}

Outcome<Proof> Keeper::ApplyWhole(const HeldList& held) {
  const policy::Delta none;
  return MustMatch(exporter_.Apply({nullptr, *held.list, none, held.release}));
}

Answer Keeper::Confirm(const Update& update) {
  const auto found = exporter_.ReadBack(*held_->list);
  proven_ = found && found->matches;
  const Outcome<Proof> proof = proven_ ? found : ApplyWhole(update.held);
  if (!proof) return Refuse(update, proof.error());
  proven_ = true;
  if (auto failure = Hold(update)) return {update.nonce, tl::unexpected(*std::move(failure))};
  return {update.nonce, Proven(*proof, found && !found->matches)};
}

// Remembers the release and its time, so that an older one is known as such.
std::optional<Failure> Keeper::Hold(const Update& update) {
  if (update.held.release == held_->release && update.held.issued <= held_->issued) return {};
  auto ok = store_.StoreNext(update.held);
  if (ok) ok = store_.Promote();
  if (!ok) {
    return Failure{DeviceState::unchanged,
                   "is enforced, but cannot be stored: " + ok.error().detail};
  }
  held_ = std::make_shared<const HeldList>(update.held);
  return {};
}

Answer Keeper::Refuse(const Update& update, Failure failure) {
  store_.DropNext();
  platform::Warn("{}: {} was refused: {}", device_, ReleaseText(update.held), failure.reason);
  if (failure.device == DeviceState::unchanged || !held_) {
    return {update.nonce, tl::unexpected(std::move(failure))};
  }
  auto found = exporter_.ReadBack(*held_->list);
  proven_ = found && found->matches;
  if (!proven_) {
    const auto restored = ApplyWhole(*held_);
    proven_ = restored.has_value();
    if (!restored) {
      failure.reason +=
          "; " + ReleaseText(*held_) + " could not be put back: " + restored.error().reason;
      return {update.nonce, tl::unexpected(std::move(failure))};
    }
  }
  failure.device = DeviceState::unchanged;
  failure.reason += "; the device enforces " + ReleaseText(*held_) + " again";
  return {update.nonce, tl::unexpected(std::move(failure))};
}

Receipt Keeper::Proven(const Proof& proof, bool drift) const {
  return {.release = held_->release,
          .digest = held_->list->digest(),
          .count = held_->list->size(),
          .enforced = proof.enforced,
          .not_enforceable = proof.not_enforceable,
          .read_back = proof.how,
          .at = clock_.Now(),
          .drift = drift};
}

Receipt Keeper::NotProven(std::string why, std::vector<std::string> difference) const {
  platform::Warn("{}: not proven to enforce {}: {}", device_, ReleaseText(*held_), why);
  Receipt receipt;
  receipt.read_back = std::move(why);
  receipt.at = clock_.Now();
  receipt.drift = true;
  receipt.difference = std::move(difference);
  return receipt;
}

}  // namespace exporters
