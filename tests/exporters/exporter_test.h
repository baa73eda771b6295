#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/exporter.h"
#include "policy/release.h"

namespace exporters::testing {

using ListPtr = std::shared_ptr<const policy::ListSnapshot>;

inline ListPtr ListOf(std::vector<std::string> lines) {
  return policy::ListSnapshot::FromLines(std::move(lines));
}

// An exporter before a real device, and words for what the session does with it.
class ExporterTest : public ::testing::Test {
 protected:
  // As the next release: by a delta where something was applied before.
  Outcome<Proof> Apply(const ListPtr& list) {
    const policy::Delta delta = base_ ? policy::Difference(*base_, *list) : policy::Delta{};
    auto proof = exporter_->Apply({base_.get(), *list, delta});
    if (proof) base_ = list;
    return proof;
  }

  // Applies what has to succeed, and to be the same when it is read back.
  void ApplyWell(const ListPtr& list) {
    const auto proof = Apply(list);
    ASSERT_TRUE(proof.has_value()) << proof.error().reason;
    EXPECT_TRUE(proof->matches) << proof->how;
    const Proof held = Held(list);
    EXPECT_TRUE(held.matches) << held.how;
    EXPECT_EQ(held.enforced, proof->enforced);
    EXPECT_EQ(held.not_enforceable, proof->not_enforceable);
  }

  Proof Held(const ListPtr& list) {
    const auto proof = exporter_->ReadBack(*list);
    EXPECT_TRUE(proof.has_value()) << (proof ? "" : proof.error().reason);
    return proof ? *proof : Proof{};
  }

  // Before the device that a test has beside it is gone.
  void TearDown() override { exporter_.reset(); }

  std::unique_ptr<Exporter> exporter_;
  ListPtr base_;  // what the device was last proven to enforce
};

}  // namespace exporters::testing
