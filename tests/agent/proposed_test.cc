#include "agent/proposed.h"

#include <gtest/gtest.h>

#include <string>

namespace agent {
namespace {

queue::Candidate CandidateOf(const std::string& line) {
  queue::Candidate candidate{.target = policy::ParseLine(line).value()};
  candidate.confidence = 80;
  candidate.feeds = ",urlhaus,";
  candidate.evidence = "[1]";
  return candidate;
}

TEST(Proposed, HasWhatItWasGivenWithThatContentOnly) {
  Proposed proposed;
  const auto evil = CandidateOf("domain evil.example");
  EXPECT_FALSE(proposed.Has(evil));
  proposed.Add(evil);
  EXPECT_TRUE(proposed.Has(evil));
  EXPECT_FALSE(proposed.Has(CandidateOf("domain bad.example")));

  auto other = evil;
  other.evidence = "[2]";
  EXPECT_FALSE(proposed.Has(other));
  other = evil;
  other.needs_two = true;
  EXPECT_FALSE(proposed.Has(other));
  other = evil;
  other.feeds = "";
  other.threat = ",urlhaus,";
  EXPECT_FALSE(proposed.Has(other));
}

TEST(Proposed, KeepsTheLastContentOfATarget) {
  Proposed proposed;
  const auto before = CandidateOf("domain evil.example");
  auto after = before;
  after.confidence = 90;
  proposed.Add(before);
  proposed.Add(after);
  EXPECT_TRUE(proposed.Has(after));
  EXPECT_FALSE(proposed.Has(before));
}

TEST(Proposed, ForgetsWhatItIsTold) {
  Proposed proposed;
  const auto evil = CandidateOf("domain evil.example");
  const auto bad = CandidateOf("domain bad.example");
  proposed.Add(evil);
  proposed.Add(bad);
  proposed.Forget(evil.target);
  EXPECT_FALSE(proposed.Has(evil));
  EXPECT_TRUE(proposed.Has(bad));
}

}  // namespace
}  // namespace agent
