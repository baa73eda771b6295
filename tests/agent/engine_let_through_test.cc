// Lists that are made of the allowlist.
#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

class LetThroughListTest : public EngineFixture {
 protected:
  static EngineSettings WithAllowlistList() {
    EngineSettings settings = Settings();
    settings.lists.push_back({"allowed", {policy::IndicatorKind::domain}, ListContent::allowlist});
    settings.world.let_through = {policy::IndicatorKind::domain};
    settings.world.allowlists = {
        {{"services", policy::AllowCategory::legitimate_service, policy::AllowEffect::never}}};
    settings.world.fixed_allowlist = {
        {{"own", policy::AllowCategory::own_infrastructure, policy::AllowEffect::never},
         {{*policy::Domain::Parse("shop.example")}, {*policy::IpPrefix::Parse("192.0.2.0/24")}}}};
    return settings;
  }

  void SetUp() override {
    settings_ = WithAllowlistList();
    EngineFixture::SetUp();
  }

  std::vector<std::string> Names(int count) const {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("n" + std::to_string(i) + ".example");
    return names;
  }

  std::optional<store::Brake> OpenBrake() {
    const auto brakes = store_->Read().value()->OpenBrakes().value();
    return brakes.empty() ? std::nullopt : std::optional(brakes.front());
  }
};

TEST_F(LetThroughListTest, HoldsWhatMustNeverBeBlockedOfTheListsKinds) {
  TakeAllowlist({"partner.example", "198.51.100.0/24", "org"});
  EXPECT_EQ(Published("allowed"), "domain partner.example\ndomain shop.example\n");
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(LetThroughListTest, FollowsTheAllowlistAsAReleaseOfItsOwn) {
  TakeAllowlist({"partner.example"});
  const std::uint64_t before = publication_->Current("allowed")->release;
  TakeAllowlist({"partner.example", "bank.example"});
  const auto state = publication_->Current("allowed");
  EXPECT_EQ(state->list->text(),
            "domain bank.example\ndomain partner.example\ndomain shop.example\n");
  EXPECT_EQ(state->release, before + 1);
  ASSERT_TRUE(state->step);
  EXPECT_EQ(state->step->added, std::vector<std::string>{"domain bank.example"});
  EXPECT_EQ(publication_->Current("dns")->release, 1U);
  TakeAllowlist({"bank.example"});
  EXPECT_EQ(Published("allowed"), "domain bank.example\ndomain shop.example\n");
  EXPECT_TRUE(HistoryVerifies());
}

// Nothing is let through on the word of half of the allowlists, nor taken back.
TEST_F(LetThroughListTest, WaitsForEveryAllowlist) {
  engine_->Settle();
  EXPECT_EQ(Published("allowed"), "");
  TakeAllowlist({"partner.example"});
  Restart();
  engine_->Settle();
  EXPECT_EQ(Published("allowed"), "domain partner.example\ndomain shop.example\n");
}

TEST_F(LetThroughListTest, IsTheSameAfterARestartAndGoesOnFromThere) {
  TakeAllowlist({"partner.example"});
  const auto before = publication_->Current("allowed");
  Restart();
  EXPECT_EQ(publication_->Current("allowed")->list->digest(), before->list->digest());
  EXPECT_EQ(publication_->Current("allowed")->release, before->release);
  TakeAllowlist({"partner.example", "bank.example"});
  EXPECT_EQ(Published("allowed"),
            "domain bank.example\ndomain partner.example\ndomain shop.example\n");
}

TEST_F(LetThroughListTest, WhatNoListCarriesMakesNoRelease) {
  TakeAllowlist({"partner.example"});
  const auto latest = [this] { return store_->Read().value()->LatestRelease().value()->number; };
  const std::uint64_t before = latest();
  TakeAllowlist({"partner.example", "203.0.113.0/24"});
  EXPECT_EQ(latest(), before);
}

TEST_F(LetThroughListTest, BrakeHoldsAMassRemovalUntilAPersonReleasesIt) {
  TakeAllowlist(Names(200));
  TakeAllowlist({"n0.example", "new.example"});
  // What is new is let through at once.
  EXPECT_EQ(publication_->Current("allowed")->list->size(), 202U);
  const auto brake = OpenBrake();
  ASSERT_TRUE(brake);
  EXPECT_EQ(brake->direction, "disallow");
  ASSERT_TRUE(engine_->ReleaseBrake(brake->id, "alice", "a new list, I looked at it"));
  EXPECT_EQ(Published("allowed"), "domain n0.example\ndomain new.example\ndomain shop.example\n");
  EXPECT_FALSE(OpenBrake());
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(LetThroughListTest, NoBlockGoesIntoIt) {
  TakeAllowlist({"partner.example"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Approve());
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(Published("allowed"), "domain partner.example\ndomain shop.example\n");
}

}  // namespace
}  // namespace agent
