#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "exporters/keeper.h"
#include "tests/exporters/fake_device.h"
#include "tests/exporters/signed_updates.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::testing {

inline constexpr std::size_t size_max = 1024 * 1024;

// Rows of the fault matrix that concern the device and the disk, without a network.
class ExporterFaults : public ::testing::Test {
 protected:
  // A keeper as after a (re)start of the process.
  std::unique_ptr<Keeper> Restart(OnDrift on_drift = OnDrift::restore) {
    return std::make_unique<Keeper>(device_, Store(), on_drift, "dns1", clock_);
  }
  LastKnownGood Store() const { return {folder_.path(), size_max}; }

  Update UpdateTo(std::uint64_t release, const Snapshot& list, const HeldList* held = nullptr) {
    Assembler assembler(signer_.public_key(), size_max);
    auto update = assembler.Add(signer_.WholeList("n", release, list), held, now);
    return std::move(**update);
  }

  platform::testing::TemporaryFolder folder_;
  platform::ManualClock clock_{now};
  FakeDevice device_;
  Signer signer_;
  Snapshot one_ = ListOf({"domain a.example"});
  Snapshot two_ = ListOf({"domain a.example", "domain b.example"});
};

}  // namespace exporters::testing
