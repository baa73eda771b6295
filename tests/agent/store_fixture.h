#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/store/sqlite_store.h"
#include "agent/store/store.h"
#include "tests/platform/temporary_folder.h"

namespace agent::store {

inline TimePoint At(int seconds) {
  return TimePoint(std::chrono::seconds(1'700'000'000 + seconds));
}

inline policy::Indicator Target(std::string_view line) {
  return policy::ParseLine(line).value();
}

inline Proposal SomeProposal(std::string_view line, int confidence = 80) {
  return Proposal{0,
                  Target(line),
                  std::chrono::hours(24),
                  "policy-1",
                  policy::Sha256Of(line),
                  ProposalState::pending,
                  confidence,
                  false,
                  "policy",
                  At(0),
                  At(1),
                  std::nullopt,
                  ",misp,urlhaus,",
                  "botnet_cc",
                  "Emotet",
                  "",
                  ",fresh,",
                  R"([{"code":"fresh","detail":"seen 1 h ago"}])",
                  R"([{"feed":"misp"}])",
                  3};
}

inline Block SomeBlock(std::string_view line) {
  return Block{0,       1,    Target(line), policy::Sha256Of(line), "alice,bob",  At(5),
               At(500), "C2", false,        std::nullopt,           std::nullopt, std::string()};
}

// Every store keeps the same promises: a new one adds a row to `kinds`.
struct Kind {
  const char* name;
  Result<std::unique_ptr<Store>> (*open)(const std::filesystem::path& folder);
};

class StoreTest : public ::testing::TestWithParam<Kind> {
 protected:
  StoreTest() { Reopen(); }

  void Reopen() {
    store_.reset();
    store_ = GetParam().open(folder_.path()).value();
  }
  template <class Write>
  void Commit(Write write) {
    const auto transaction = store_->Begin().value();
    write(*transaction);
    const auto done = transaction->Commit();
    ASSERT_TRUE(done) << done.error().detail;
  }
  std::int64_t Add(const Proposal& proposal) {
    std::int64_t id = 0;
    Commit([&](Transaction& transaction) { id = transaction.PutProposal(proposal).value(); });
    return id;
  }
  std::unique_ptr<Reader> Read() { return store_->Read().value(); }
  std::vector<std::string> Ask(const ProposalQuery& query) {
    const auto reader = Read();
    std::vector<std::string> lines;
    const auto proposals = reader->ListProposals(query, std::nullopt, 1000);
    EXPECT_TRUE(proposals) << proposals.error().detail;
    for (const Proposal& proposal : proposals.value()) {
      lines.push_back(policy::LineOf(proposal.target));
    }
    EXPECT_EQ(reader->CountProposals(query).value(), lines.size());
    std::size_t visited = 0;
    EXPECT_TRUE(reader->ForEachProposal(query, [&visited](const Proposal&) {
      ++visited;
      return true;
    }));
    EXPECT_EQ(visited, lines.size());
    std::uint64_t counted = 0;
    const auto all_traits = reader->CountByTrait(query).value();
    for (const TraitCount& traits : all_traits) counted += traits.count;
    EXPECT_EQ(counted, lines.size());
    std::multiset<std::string> targets;
    EXPECT_TRUE(reader->ForEachTarget(query, [&targets](const policy::Indicator& target) {
      targets.insert(policy::LineOf(target));
      return true;
    }));
    EXPECT_EQ(targets, std::multiset<std::string>(lines.begin(), lines.end()));
    return lines;
  }

  platform::testing::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

using Lines = std::vector<std::string>;

inline constexpr Kind kinds[] = {
    {"Sqlite", [](const std::filesystem::path& folder) { return OpenSqlite(folder / "agent.db"); }},
};
inline const auto name_of = [](const auto& info) { return std::string(info.param.name); };

}  // namespace agent::store
