// Who is at which proposals: told to the others, and in nobody's way.
#include "agent/api/claims.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using std::chrono::minutes;

namespace v1 = sekisho::v1;

constexpr policy::TimePoint start{std::chrono::seconds(1'700'000'000)};

std::map<std::int64_t, std::string> Held(Claims& claims, policy::TimePoint now) {
  std::map<std::int64_t, std::string> held;
  for (const Claims::Claim& claim : claims.All(now)) held[claim.id] = claim.name;
  return held;
}

TEST(ClaimsTest, WhoComesFirstHasItUntilTheyLetGo) {
  Claims claims;
  EXPECT_TRUE(claims.Set("alice", {1, 2}, start)->empty());
  const auto others = claims.Set("bob", {2, 3}, start);
  ASSERT_EQ(others->size(), 1U);
  EXPECT_EQ(others->front().name, "alice");
  EXPECT_TRUE(claims.Set("alice", {}, start));
  EXPECT_TRUE(claims.Set("bob", {2, 3}, start)->empty());
  EXPECT_EQ(Held(claims, start), (std::map<std::int64_t, std::string>{{2, "bob"}, {3, "bob"}}));
}

TEST(ClaimsTest, OneEndsAfterTenMinutesUnlessItWasSaidAgain) {
  Claims claims;
  ASSERT_TRUE(claims.Set("alice", {1}, start));
  ASSERT_TRUE(claims.Set("bob", {2}, start));
  ASSERT_TRUE(claims.Set("bob", {2}, start + minutes(5)));
  EXPECT_EQ(Held(claims, start + minutes(10)), (std::map<std::int64_t, std::string>{{2, "bob"}}));
  EXPECT_TRUE(Held(claims, start + minutes(15)).empty());
}

TEST(ClaimsTest, O5_ThereAreSoManyAndNoMoreAndTheRestStays) {
  Claims claims({.of_one_person = 2, .of_all = 3, .ended_known = 10});
  ASSERT_TRUE(claims.Set("alice", {1, 2}, start));
  const auto refused = claims.Set("bob", {3, 4}, start);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_TRUE(claims.Set("bob", {3}, start));
  EXPECT_TRUE(claims.Set("alice", {5, 6}, start)) << "instead of her others";
}

TEST(ClaimsTest, ARenewalWithinAMinuteIsNoNews) {
  Claims claims;
  ASSERT_TRUE(claims.Set("alice", {1}, start));
  const auto version = claims.version(start);
  ASSERT_TRUE(claims.Set("alice", {1}, start + std::chrono::seconds(30)));
  EXPECT_EQ(claims.version(start + std::chrono::seconds(30)), version);
  ASSERT_TRUE(claims.Set("alice", {1}, start + minutes(2)));
  EXPECT_GT(claims.version(start + minutes(2)), version);
}

TEST(ClaimsTest, AnAgentThatWasStartedAnewTellsAll) {
  Claims before;
  ASSERT_TRUE(before.Set("alice", {1}, start));
  const auto seen = before.version(start);
  Claims after;
  const auto changes = after.Since(seen, "bob", start + minutes(1));
  EXPECT_TRUE(changes.is_all());
  EXPECT_EQ(changes.claims_size(), 0);
}

// Who is told changes only, now and then, knows what who is told everything knows.
TEST(ClaimsTest, WhatIsToldOfChangesAddsUpToTheWhole) {
  std::mt19937 random(1);
  Claims claims({.of_one_person = 20, .of_all = 1000, .ended_known = 40});
  policy::TimePoint now = start;
  const std::vector<std::string> people{"alice", "bob", "carol"};
  std::map<std::int64_t, std::string> known;
  std::uint64_t version = 0;
  for (int round = 0; round < 3000; ++round) {
    now += std::chrono::seconds(random() % 120);
    std::vector<std::int64_t> ids(random() % 20);
    for (auto& id : ids) id = static_cast<std::int64_t>(random() % 50);
    ASSERT_TRUE(claims.Set(people[random() % people.size()], ids, now));
    if (random() % 4 != 0) continue;
    const auto changes = claims.Since(version, "alice", now);
    if (changes.is_all()) known.clear();
    for (const auto id : changes.ended()) known.erase(id);
    for (const auto& claim : changes.claims()) known[claim.id()] = claim.name();
    version = changes.version();
    auto whole = Held(claims, now);
    std::erase_if(whole, [](const auto& each) { return each.second == "alice"; });
    ASSERT_EQ(known, whole) << "round " << round;
  }
}

class ClaimTest : public testing::ServicesFixture {
 protected:
  std::vector<std::int64_t> Ids() {
    std::vector<std::int64_t> ids;
    const auto list = List("viewer-token");
    for (const auto& row : list.proposals()) ids.push_back(row.id());
    return ids;
  }
  v1::ListProposalsResponse List(const std::string& token) {
    return Call<v1::ListProposalsResponse>("Queue/ListProposals", v1::ListProposalsRequest(), token)
        .body;
  }
  v1::ClaimResponse Claim(const std::string& token, const std::vector<std::int64_t>& ids) {
    v1::ClaimRequest request;
    request.mutable_ids()->Add(ids.begin(), ids.end());
    return Call<v1::ClaimResponse>("Queue/Claim", request, token).body;
  }
  v1::ClaimChanges Watch(const std::string& token, std::uint64_t version = 0) {
    v1::WatchRequest request;
    request.set_claims_version(version);
    return Call<v1::WatchResponse>("Queue/Watch", request, token).body.claims();
  }
  v1::DecideResponse Decide(const std::string& token, v1::DecideRequest request) {
    request.set_verdict(v1::DecideRequest::VERDICT_REJECT);
    request.set_reason("not ours");
    return Call<v1::DecideResponse>("Queue/Decide", request, token).body;
  }
};

TEST_F(ClaimTest, OthersSeeItOnTheRowAndAmongChangesAndItsHolderDoesNot) {
  TakeFeed({"domain a.example", "domain b.example"});
  const auto ids = Ids();
  const auto before = Watch("second-token");
  EXPECT_TRUE(before.is_all());
  ASSERT_EQ(Claim("approver-token", {ids[0]}).others_size(), 0);

  const auto row = List("second-token").proposals(0);
  EXPECT_EQ(row.claim().name(), "approver-name");
  EXPECT_FALSE(List("approver-token").proposals(0).has_claim());
  const auto after = Watch("second-token", before.version());
  EXPECT_FALSE(after.is_all());
  ASSERT_EQ(after.claims_size(), 1);
  EXPECT_EQ(after.claims(0).id(), ids[0]);
  EXPECT_EQ(Watch("approver-token").claims_size(), 0);
  EXPECT_EQ(Claim("second-token", ids).others(0).name(), "approver-name");
}

TEST_F(ClaimTest, WhoDecidesAllTheSameIsToldBefore) {
  TakeFeed({"domain a.example", "domain b.example", "ip 192.0.2.7/32"});
  const auto ids = Ids();
  Claim("approver-token", ids);
  v1::DecideRequest one;
  one.add_ids(ids[0]);
  one.set_dry_run(true);
  EXPECT_EQ(Decide("second-token", one).claims_size(), 1);
  EXPECT_EQ(Decide("approver-token", one).claims_size(), 0) << "their own";
  v1::DecideRequest many;
  many.set_filter("kind:domain");
  many.set_dry_run(true);
  EXPECT_EQ(Decide("second-token", many).claims_size(), 2);
  one.set_dry_run(false);
  EXPECT_EQ(Decide("second-token", one).decided(), 1U);
}

TEST_F(ClaimTest, WhatWasDecidedIsNobodysAnyMore) {
  TakeFeed({"domain a.example", "domain b.example"});
  const auto ids = Ids();
  Claim("approver-token", ids);
  const auto before = Watch("second-token");
  v1::DecideRequest decide;
  decide.add_ids(ids[0]);
  Decide("approver-token", decide);
  const auto after = Watch("second-token", before.version());
  ASSERT_EQ(after.ended_size(), 1);
  EXPECT_EQ(after.ended(0), ids[0]);
  EXPECT_EQ(Claim("second-token", {ids[0], ids[1], 4711}).others_size(), 1);
  EXPECT_EQ(Watch("approver-token").claims_size(), 0) << "neither is open to claim";
}

TEST_F(ClaimTest, OnlyWhoMayDecideMayClaimAndNotTheWholeQueue) {
  EXPECT_EQ(Call<v1::ClaimResponse>("Queue/Claim", v1::ClaimRequest(), "viewer-token")
                .status.error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  v1::ClaimRequest many;
  for (int i = 1; i <= 201; ++i) many.add_ids(i);
  EXPECT_EQ(Call<v1::ClaimResponse>("Queue/Claim", many, "approver-token").status.error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace agent::api
