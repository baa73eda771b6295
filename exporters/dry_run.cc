#include "exporters/dry_run.h"

#include <fmt/format.h>

#include <utility>

namespace exporters {

Profile DryRun::profile() const {
  Profile profile = exporter_->profile();
  profile.dry_run = true;
  return profile;
}

Result<DryRun::Rendered> DryRun::Count(const policy::ListSnapshot& list) {
  if (last_ && last_->list == list.digest()) return *last_;
  const auto artifact = exporter_->Render(list);
  if (!artifact) return tl::unexpected(artifact.error());
  last_ = Rendered{list.digest(), artifact->enforced, artifact->not_enforceable};
  return *last_;
}

Outcome<Proof> DryRun::Told(const Rendered& rendered, Outcome<Proof> empty) {
  if (!empty) return empty;
  empty->enforced = 0;
  empty->not_enforceable = rendered.not_enforceable;
  empty->how = empty->matches
                   ? fmt::format("a dry run: {} entries would be enforced, and none is; {}",
                                 rendered.enforced, empty->how)
                   : "a dry run, but the device enforces something: " + empty->how;
  return empty;
}

Outcome<Proof> DryRun::Apply(const Change& change) {
  const auto rendered = Count(change.list);
  if (!rendered) {
    return tl::unexpected(Failure{DeviceState::unchanged, rendered.error().detail});
  }
  const auto empty = policy::ListSnapshot::Empty();
  auto held = exporter_->ReadBack(*empty);
  if (!held || !held->matches) held = exporter_->Apply({nullptr, *empty, {}, change.release});
  return Told(*rendered, std::move(held));
}

Outcome<Proof> DryRun::ReadBack(const policy::ListSnapshot& list) {
  const auto rendered = Count(list);
  if (!rendered) {
    return tl::unexpected(Failure{DeviceState::unchanged, rendered.error().detail});
  }
  return Told(*rendered, exporter_->ReadBack(*policy::ListSnapshot::Empty()));
}

}  // namespace exporters
