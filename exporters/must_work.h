#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporters/exporter.h"
#include "policy/indicator.h"

namespace exporters {

// Why a list must not reach a device: it blocks one of these. Pure; a look-up or a few for each.
std::optional<std::string> BlocksWhatMustWork(const policy::ListSnapshot& list,
                                              const std::vector<policy::Indicator>& must_work);

// Guards what the business cannot do without (`must_work` of a device), whoever approved what: a
// list that blocks any of it is refused before anything changes, and a device that was seen to
// block any of it has failed, so that its last good list is put back.
class MustWork final : public Exporter {
 public:
  MustWork(std::unique_ptr<Exporter> exporter, std::vector<policy::Indicator> must_work)
      : exporter_(std::move(exporter)), must_work_(std::move(must_work)) {}

  Profile profile() const override { return exporter_->profile(); }
  Result<Artifact> Render(const policy::ListSnapshot& list) const override {
    return exporter_->Render(list);
  }
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;
  Outcome<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets) override {
    return exporter_->Blocked(targets);
  }

 private:
  // The proof, unless the device blocks what must work.
  Outcome<Proof> Judge(Outcome<Proof> proof);

  std::unique_ptr<Exporter> exporter_;
  const std::vector<policy::Indicator> must_work_;
};

}  // namespace exporters
