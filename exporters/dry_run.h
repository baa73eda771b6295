#pragma once

#include <memory>
#include <optional>

#include "exporters/exporter.h"

namespace exporters {

// Tries lists out without their doing anything: renders each as the exporter within would, reports
// what it would enforce, and keeps the device at the empty list (`dry_run` of a device).
class DryRun final : public Exporter {
 public:
  explicit DryRun(std::unique_ptr<Exporter> exporter) : exporter_(std::move(exporter)) {}

  Profile profile() const override;
  Result<Artifact> Render(const policy::ListSnapshot& list) const override {
    return exporter_->Render(list);
  }
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;

 private:
  // What the device would enforce of a list.
  struct Rendered {
    policy::Sha256 list;
    std::uint64_t enforced;
    std::uint64_t not_enforceable;
  };
  Result<Rendered> Count(const policy::ListSnapshot& list);
  static Outcome<Proof> Told(const Rendered& rendered, Outcome<Proof> empty);

  std::unique_ptr<Exporter> exporter_;
  std::optional<Rendered> last_;  // so that reading back does not render a million lines again
};

}  // namespace exporters
