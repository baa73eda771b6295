#include "exporters/must_work.h"

#include "policy/coverage.h"

namespace exporters {

std::optional<std::string> BlocksWhatMustWork(const policy::ListSnapshot& list,
                                              const std::vector<policy::Indicator>& must_work) {
  for (const policy::Indicator& target : must_work) {
    for (const policy::Indicator& block : policy::CoveredBy(target)) {
      const std::string line = policy::LineOf(block);
      if (list.Contains(line)) {
        return "the list blocks " + policy::TextOf(target) + ", which must work (must_work), by " +
               line;
      }
    }
  }
  return std::nullopt;
}

Outcome<Proof> MustWork::Judge(Outcome<Proof> proof) {
  if (!proof || !proof->matches) return proof;
  const auto blocked = exporter_->Blocked(must_work_);
  if (!blocked) return tl::unexpected(blocked.error());
  if (blocked->empty()) return proof;
  proof->matches = false;
  proof->in_place = true;
  proof->how = "the device blocks " + policy::TextOf(blocked->front()) +
               ", which must work (must_work); " + proof->how;
  return proof;
}

Outcome<Proof> MustWork::Apply(const Change& change) {
  if (!exporter_->profile().lets_through) {
    if (auto why = BlocksWhatMustWork(change.list, must_work_)) {
      return tl::unexpected(Failure{DeviceState::unchanged, *std::move(why)});
    }
  }
  return Judge(exporter_->Apply(change));
}

Outcome<Proof> MustWork::ReadBack(const policy::ListSnapshot& list) {
  return Judge(exporter_->ReadBack(list));
}

}  // namespace exporters
