#include "cli/review/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/review/frame.h"
#include "cli/terminal_text.h"
#include "tests/cli/fixture.h"

namespace cli::review {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr Key enter{Key::Kind::enter};
constexpr Key escape{Key::Kind::escape};

class ReviewTest : public ::testing::Test {
 protected:
  ReviewTest() { Load(review_, 5); }

  static v1::Proposal Row(std::int64_t id) {
    v1::Proposal row;
    row.set_id(id);
    row.set_kind("domain");
    row.set_indicator("evil" + std::to_string(id) + ".example");
    row.set_digest("digest of " + std::to_string(id));
    row.set_state("pending");
    row.add_feeds("urlhaus");
    return row;
  }

  static void Load(Review& review, std::int64_t rows) {
    ASSERT_TRUE(review.WantedPage().has_value());
    v1::ListProposalsResponse page;
    for (std::int64_t id = 1; id <= rows; ++id) *page.add_proposals() = Row(id);
    page.set_total(static_cast<std::uint64_t>(rows));
    review.Took(page);
  }

  void Type(const std::string& text) {
    for (const char c : text) review_.Press({.character = static_cast<char32_t>(c)}, now_);
  }
  void Press(const Key& key) { review_.Press(key, now_); }

  std::vector<std::int64_t> Ids() const {
    std::vector<std::int64_t> ids;
    for (const v1::Proposal& row : review_.rows()) ids.push_back(row.id());
    return ids;
  }
  static std::vector<std::int64_t> IdsOf(const Decision& decision) {
    std::vector<std::int64_t> ids;
    for (const v1::Proposal& one : decision.proposals) ids.push_back(one.id());
    return ids;
  }

  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  Surroundings surroundings_{.environment = [](const std::string&) { return std::nullopt; },
                             .in = in_,
                             .out = out_,
                             .err = err_};
  Printer printer_{surroundings_, OutputFormat::table, Language::en};
  Review review_{printer_, ""};
  TimePoint now_{};
};

TEST_F(ReviewTest, TheAgentHearsOfADecisionOnceItCanNoLongerBeUndone) {
  Type("ja");
  Type("seen");
  Press(enter);
  EXPECT_THAT(Ids(), ElementsAre(1, 3, 4, 5));
  EXPECT_EQ(review_.current_row()->id(), 3);
  EXPECT_THAT(review_.TakeDue(now_ + undo_window - 1s), IsEmpty());
  const auto due = review_.TakeDue(now_ + undo_window);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].verdict, v1::DecideRequest::VERDICT_APPROVE);
  EXPECT_EQ(due[0].reason, "seen");
  EXPECT_THAT(IdsOf(due[0]), ElementsAre(2));
  EXPECT_THAT(review_.TakeDue(now_ + 1h), IsEmpty());
}

TEST_F(ReviewTest, WhatIsTakenBackReturnsToItsPlaceAndNobodyHearsOfIt) {
  Type("jr");
  Type("ours");
  Press(enter);
  Type("u");
  EXPECT_THAT(Ids(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(review_.current_row()->id(), 2);
  EXPECT_EQ(review_.total(), 5U);
  EXPECT_THAT(review_.TakeDue(now_ + 1h), IsEmpty());
}

TEST_F(ReviewTest, ADecisionNeedsAReason) {
  Type("a");
  Press(enter);
  EXPECT_EQ(review_.mode(), Mode::reason);
  EXPECT_THAT(review_.notice(), HasSubstr("reason"));
  Press({Key::Kind::down});
  EXPECT_EQ(review_.input(), "Sources looked at");
  Press({Key::Kind::up});
  Press({Key::Kind::up});
  EXPECT_EQ(review_.input(), "Incident, ticket ");
  Press(escape);
  EXPECT_EQ(review_.mode(), Mode::list);
  EXPECT_EQ(Ids().size(), 5U);
}

TEST_F(ReviewTest, SeveralAreDecidedOnOnlyWhenTheirNumberIsTyped) {
  Type("xxa");
  Type("seen");
  Press(enter);
  EXPECT_EQ(review_.mode(), Mode::confirm);
  Type("3");
  Press(enter);
  EXPECT_EQ(Ids().size(), 5U);
  EXPECT_EQ(review_.notice(), "not confirmed; nothing was decided");
  Type("a");
  Type("seen");
  Press(enter);
  Type("2");
  Press(enter);
  EXPECT_THAT(Ids(), ElementsAre(3, 4, 5));
  EXPECT_THAT(IdsOf(review_.TakeDue(now_ + undo_window).front()), ElementsAre(1, 2));
}

TEST_F(ReviewTest, RepeatsTheLastDecisionWithItsReason) {
  Type("d");
  Type("ask");
  Press(enter);
  Type(".");
  const auto due = review_.TakeDue(now_ + undo_window);
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[1].verdict, v1::DecideRequest::VERDICT_DEFER);
  EXPECT_EQ(due[1].reason, "ask");
  EXPECT_THAT(IdsOf(due[1]), ElementsAre(2));
}

TEST_F(ReviewTest, AMarkIsGoneWhenWhatItWasSetOnChanged) {
  Type("xx");
  ASSERT_EQ(review_.marked(), 2U);
  v1::WatchResponse watched;
  watched.set_revision(1);
  review_.Watched(watched);
  watched.set_revision(2);
  review_.Watched(watched);
  ASSERT_TRUE(review_.WantedPage().has_value());
  v1::ListProposalsResponse page;
  *page.add_proposals() = Row(1);
  *page.add_proposals() = Row(2);
  page.mutable_proposals(1)->set_digest("another");
  page.set_total(2);
  review_.Took(page);
  EXPECT_TRUE(review_.is_marked(1));
  EXPECT_FALSE(review_.is_marked(2));
}

TEST_F(ReviewTest, ClaimsWhatOneStaysAtOnceAndAgainWhileKeysArePressed) {
  const auto ids = [&](const std::optional<v1::ClaimRequest>& wanted) {
    return wanted ? std::vector<std::int64_t>(wanted->ids().begin(), wanted->ids().end())
                  : std::vector<std::int64_t>{-1};
  };
  now_ += 1h;
  EXPECT_FALSE(review_.WantedClaim(now_));
  EXPECT_THAT(ids(review_.WantedClaim(now_ + 2s)), ElementsAre(1));
  now_ += 3s;
  Type("xj");
  EXPECT_FALSE(review_.WantedClaim(now_)) << "they pass by";
  EXPECT_THAT(ids(review_.WantedClaim(now_ + 2s)), ElementsAre(1, 3));
  now_ += 4min;
  EXPECT_FALSE(review_.WantedClaim(now_)) << "nobody is there";
  Press({Key::Kind::escape});
  EXPECT_FALSE(review_.WantedClaim(now_));
  EXPECT_THAT(ids(review_.WantedClaim(now_ + 2s)), ElementsAre(3));
  now_ += 4min;
  Press({Key::Kind::escape});
  EXPECT_THAT(ids(review_.WantedClaim(now_)), ElementsAre(3));
  review_.Claimed(policy::Fail(policy::ErrorCode::not_allowed, "a viewer"));
  Type("j");
  EXPECT_FALSE(review_.WantedClaim(now_));
  EXPECT_FALSE(review_.WantedClaim(now_ + 2s));
}

TEST_F(ReviewTest, WhatAnotherIsAtIsDecidedOnOnlyWhenItsNumberIsTyped) {
  v1::WatchResponse watched;
  watched.mutable_claims()->set_version(7);
  v1::Claim& claim = *watched.mutable_claims()->add_claims();
  claim.set_id(1);
  claim.set_name("bob");
  review_.Watched(watched);
  EXPECT_EQ(review_.WatchRequest().claims_version(), 7U);
  EXPECT_THAT(Compose(review_, printer_, {80, 24}).lines[1].text, HasSubstr("[bob] urlhaus"));
  Type("a");
  Type("seen");
  Press(enter);
  EXPECT_EQ(review_.mode(), Mode::confirm);
  EXPECT_EQ(review_.notice(), "bob is at proposal 1");
  Type("1");
  Press(enter);
  EXPECT_THAT(Ids(), ElementsAre(2, 3, 4, 5));

  watched.Clear();
  watched.mutable_claims()->add_ended(1);
  review_.Watched(watched);
  EXPECT_EQ(review_.OwnerOf(1), "");
}

TEST_F(ReviewTest, AReloadDoesNotBringBackWhatWaitsToBeSent) {
  Type("a");
  Type("seen");
  Press(enter);
  Type("/");
  Press(enter);
  Load(review_, 5);
  EXPECT_THAT(Ids(), ElementsAre(2, 3, 4, 5));
  EXPECT_EQ(review_.total(), 4U);
}

TEST_F(ReviewTest, ARefusalIsSaidAndTheRowIsAskedForAgain) {
  Type("a");
  Type("seen");
  Press(enter);
  const auto due = review_.TakeDue(now_ + undo_window);
  v1::DecideResponse answer;
  v1::Refusal& refusal = *answer.add_refused();
  refusal.set_indicator("evil1.example");
  refusal.set_reason("you proposed it yourself");
  review_.Settled(due[0], answer);
  EXPECT_EQ(review_.notice(), "evil1[.]example: you proposed it yourself");
  Load(review_, 5);
  EXPECT_EQ(Ids().size(), 5U);
  EXPECT_EQ(review_.tally().refused, 1U);
}

TEST_F(ReviewTest, WhoeverLeavesHasDecided) {
  Type("a");
  Type("seen");
  Press(enter);
  Type("q");
  EXPECT_FALSE(review_.is_over());
  const auto due = review_.TakeDue(now_);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_FALSE(review_.is_over());
  v1::DecideResponse answer;
  answer.set_decided(1);
  review_.Settled(due[0], answer);
  EXPECT_TRUE(review_.is_over());
  EXPECT_EQ(review_.tally().approved, 1U);
}

TEST_F(ReviewTest, AsksForTheNextPageBeforeTheEndIsReached) {
  Review review(printer_, "threat:c2");
  auto wanted = review.WantedPage();
  ASSERT_TRUE(wanted.has_value());
  EXPECT_EQ(wanted->filter(), "threat:c2");
  EXPECT_FALSE(review.WantedPage().has_value());
  v1::ListProposalsResponse page;
  for (int id = 1; id <= 200; ++id) *page.add_proposals() = Row(id);
  page.set_total(300);
  page.set_next_page_token("more");
  review.Took(page);
  EXPECT_FALSE(review.WantedPage().has_value());
  for (int i = 0; i < 100; ++i) review.Press({Key::Kind::down}, now_);
  wanted = review.WantedPage();
  ASSERT_TRUE(wanted.has_value());
  EXPECT_EQ(wanted->page_token(), "more");
}

TEST_F(ReviewTest, AFrameFitsItsTerminalAndObeysNoFeed) {
  v1::ListProposalsResponse page;
  *page.add_proposals() = Row(1);
  v1::Proposal& row = *page.mutable_proposals(0);
  row.set_feeds(0, "\x1b[2J悪い名前のフィードがとても長い場合もある");
  row.add_sources()->set_tags("\xe2\x80\xae" + std::string(300, 'x'));
  Review review(printer_, "");
  ASSERT_TRUE(review.WantedPage().has_value());
  review.Took(page);
  for (const Size size : {Size{80, 24}, Size{40, 10}, Size{20, 5}}) {
    const Frame frame = Compose(review, printer_, size);
    EXPECT_EQ(frame.lines.size(), static_cast<std::size_t>(size.rows));
    for (const FrameLine& line : frame.lines) {
      EXPECT_LE(DisplayWidth(line.text), static_cast<std::size_t>(size.columns)) << line.text;
      EXPECT_EQ(line.text.find('\x1b'), std::string::npos);
      EXPECT_EQ(line.text.find("\xe2\x80\xae"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace cli::review
