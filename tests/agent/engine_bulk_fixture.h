#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/agent/engine_fixture.h"

namespace agent {

// An engine for which more than ten are many, and four a slice, so that a decision takes a while.
class EngineBulkFixture : public EngineFixture {
 protected:
  EngineBulkFixture() {
    settings_.queue.at_once_max = 10;
    settings_.queue.bulk_slice = 4;
  }

  static std::vector<std::string> Domains(int count) {
    std::vector<std::string> lines;
    for (int i = 0; i < count; ++i) {
      lines.push_back("domain n" + std::to_string(i) + ".example");
    }
    return lines;
  }
  void Fill(int count) {
    TakeAllowlist({"github.com"});
    TakeFeed(Domains(count));
    ASSERT_EQ(Pending().size(), static_cast<std::size_t>(count));
  }

  store::BulkDecision Bulk(std::int64_t id) {
    return store_->Read().value()->FindBulk(id).value().value();
  }
  store::BulkDecision Await(std::int64_t id) {
    while (Bulk(id).state == store::BulkState::running) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    engine_->Settle();  // it is stored before it is published
    return Bulk(id);
  }

  // Entries with that action, of all subjects; an entry for the same subject twice is a failure.
  std::size_t EntriesOf(const std::string& action) {
    const auto leaves = store_->Read().value()->Leaves(0, 1'000'000).value();
    std::set<std::string> subjects;
    std::size_t count = 0;
    for (const store::LeafRow& leaf : leaves) {
      if (leaf.leaf.find("\"action\":\"" + action + "\"") == std::string::npos) continue;
      const auto from = leaf.leaf.find("\"subject\":");
      const std::string subject = leaf.leaf.substr(from, leaf.leaf.find(",\"detail\"") - from);
      EXPECT_TRUE(subjects.insert(subject).second) << subject << " has two entries";
      ++count;
    }
    return count;
  }
  std::size_t InState(store::ProposalState state) {
    return store_->Read().value()->CountProposals({.states = {state}}).value();
  }
};

}  // namespace agent
