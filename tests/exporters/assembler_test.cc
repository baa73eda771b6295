#include "exporters/assembler.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/exporters/signed_updates.h"

namespace exporters {
namespace {

using exporters::testing::Held;
using exporters::testing::ListOf;
using exporters::testing::now;
using exporters::testing::Signer;
using exporters::testing::Snapshot;
using exporters::testing::TermedListOf;
using sekisho::v1::AgentMessage;

constexpr std::size_t size_max = 1000;

class AssemblerTest : public ::testing::Test {
 protected:
  // The reason of the answer; "" if the update is good, "incomplete" if there is no answer yet.
  std::string Add(const AgentMessage& message) {
    auto answer = assembler_.Add(message, held_ ? &*held_ : nullptr, now_);
    if (!answer) return "incomplete";
    if (!*answer) {
      nonce_ = answer->error().nonce;
      return answer->error().error.detail;
    }
    update_ = std::move(**answer);
    nonce_ = update_->nonce;
    return "";
  }

  Signer signer_;
  Assembler assembler_{signer_.public_key(), size_max};
  Snapshot one_ = ListOf({"domain a.example", "ip 192.0.2.1/32"});
  Snapshot two_ = ListOf({"domain a.example", "domain b.example"});
  std::optional<HeldList> held_;
  policy::TimePoint now_ = now;
  std::optional<Update> update_;
  std::string nonce_;
};

TEST_F(AssemblerTest, TakesASnapshotInOneMessage) {
  ASSERT_EQ(Add(signer_.WholeList("n", 1, one_)), "");
  EXPECT_EQ(nonce_, "n");
  EXPECT_EQ(update_->held.list->text(), one_->text());
  EXPECT_EQ(update_->held.release, 1U);
  EXPECT_EQ(update_->held.name, "resolvers");
}

TEST_F(AssemblerTest, TakesASnapshotInChunks) {
  AgentMessage first = signer_.WholeList("n", 1, one_);
  first.set_added("domain a.example\n");
  first.set_last(false);
  AgentMessage second;
  second.set_nonce("n");
  second.set_added("ip 192.0.2.1/32\n");
  second.set_last(true);
  EXPECT_EQ(Add(first), "incomplete");
  EXPECT_EQ(Add(second), "");
  EXPECT_EQ(update_->held.list->digest(), one_->digest());
}

TEST_F(AssemblerTest, AppliesADeltaToWhatIsHeld) {
  held_ = Held(1, one_);
  ASSERT_EQ(Add(signer_.Change("n", 2, one_, two_)), "");
  EXPECT_EQ(update_->held.list->text(), two_->text());
}

TEST_F(AssemblerTest, TakesTermsWithTheirLinesInChunks) {
  const Snapshot list =
      TermedListOf({{"domain a.example", {100, 50}}, {"ip 192.0.2.1/32", {200, 90}}});
  AgentMessage first = signer_.WholeList("n", 1, list);
  AgentMessage second;
  second.set_nonce("n");
  second.set_added("ip 192.0.2.1/32\n");
  second.add_line_expires(200);
  second.set_line_risk(std::string(1, 90));
  second.set_last(true);
  first.set_added("domain a.example\n");
  first.mutable_line_expires()->Truncate(1);
  first.set_line_risk(std::string(1, 50));
  first.set_last(false);
  EXPECT_EQ(Add(first), "incomplete");
  ASSERT_EQ(Add(second), "");
  EXPECT_EQ(update_->held.list->id(), list->id());
}

TEST_F(AssemblerTest, TakesADeltaOfTermsAlone) {
  const Snapshot before =
      TermedListOf({{"domain a.example", {100, 50}}, {"domain b.example", {200, 90}}});
  const Snapshot after =
      TermedListOf({{"domain a.example", {100, 50}}, {"domain b.example", {300, 90}}});
  held_ = Held(1, before);
  ASSERT_EQ(Add(signer_.Change("n", 2, before, after)), "");
  EXPECT_EQ(update_->held.list->id(), after->id());
  EXPECT_EQ(update_->held.list->digest(), before->digest());
}

TEST_F(AssemblerTest, AsksForASnapshotWhenTheTermsHeldAreOthers) {
  const Snapshot before = TermedListOf({{"domain a.example", {100, 50}}});
  const Snapshot after =
      TermedListOf({{"domain a.example", {100, 50}}, {"domain b.example", {200, 90}}});
  held_ = Held(1, ListOf({"domain a.example"}));
  EXPECT_TRUE(Add(signer_.Change("n", 2, before, after)).starts_with("base mismatch"));
  EXPECT_EQ(Add(signer_.WholeList("m", 2, after)), "");
}

TEST_F(AssemblerTest, TakesTheReleaseAgainOfWhichLinesEnded) {
  held_ = Held(5, ListOf({"domain a.example"}));
  held_->ended = Ended{1, two_->digest()};
  EXPECT_EQ(Add(signer_.WholeList("n", 5, two_)), "");
  EXPECT_TRUE(Add(signer_.WholeList("m", 5, one_)).starts_with("replay"));
}

TEST_F(AssemblerTest, TakesAnEmptyList) {
  held_ = Held(1, one_);
  ASSERT_EQ(Add(signer_.WholeList("n", 2, ListOf({}))), "");
  EXPECT_EQ(update_->held.list->size(), 0U);
}

TEST_F(AssemblerTest, AsksForASnapshotWhenTheBaseIsNotHeld) {
  EXPECT_TRUE(Add(signer_.Change("n", 2, one_, two_)).starts_with("base mismatch"));
  held_ = Held(1, two_);
  EXPECT_TRUE(Add(signer_.Change("m", 2, one_, two_)).starts_with("base mismatch"));
}

TEST_F(AssemblerTest, ForgetsAnUpdateThatAnotherOneOvertakes) {
  AgentMessage first = signer_.WholeList("n", 1, one_);
  first.set_last(false);
  EXPECT_EQ(Add(first), "incomplete");
  EXPECT_EQ(Add(signer_.WholeList("m", 2, two_)), "");
  EXPECT_EQ(update_->held.list->text(), two_->text());
}

TEST_F(AssemblerTest, AnswersARefusedUpdateOnlyAtItsEndAndTakesTheNext) {
  AgentMessage first = signer_.WholeList("n", 1, one_);
  first.mutable_header()->set_signature("x");
  first.set_last(false);
  EXPECT_EQ(Add(first), "incomplete");
  AgentMessage rest;
  rest.set_nonce("n");
  rest.set_added(std::string(5000, '\n'));
  EXPECT_EQ(Add(rest), "incomplete");
  rest.set_last(true);
  EXPECT_TRUE(Add(rest).starts_with("bad signature"));
  EXPECT_EQ(Add(signer_.WholeList("m", 1, one_)), "");
}

TEST_F(AssemblerTest, N4_PartsOfTwoVersionsMakeNoList) {
  AgentMessage first = signer_.WholeList("n", 2, two_);
  first.set_added("domain a.example\n");
  first.set_last(false);
  AgentMessage part_of_another;
  part_of_another.set_nonce("n");
  part_of_another.set_added("ip 192.0.2.1/32\n");
  part_of_another.set_last(true);
  EXPECT_EQ(Add(first), "incomplete");
  EXPECT_TRUE(Add(part_of_another).starts_with("wrong digest"));
  EXPECT_FALSE(update_);
}

TEST_F(AssemblerTest, RefusesAContinuationOfNothing) {
  AgentMessage message;
  message.set_nonce("n");
  message.set_added("domain a.example\n");
  message.set_last(true);
  EXPECT_TRUE(Add(message).starts_with("malformed"));
  EXPECT_EQ(nonce_, "n");
}

// ---- what an update may not be; release 5 is held

struct Refusal {
  const char* name;
  const char* reason;
  std::function<void(const Signer&, AgentMessage&)> spoil;
};

void Resign(const Signer& signer, AgentMessage& message) {
  *message.mutable_header() = signer.Signed(message.header());
}

std::vector<Refusal> Refusals() {
  using proto::ToTimestamp;
  using std::chrono::hours;
  using std::chrono::seconds;
  return {
      {"ForgedSignature", "bad signature",
       [](const Signer&, AgentMessage& m) {
         m.mutable_header()->set_signature(std::string(64, 1));
       }},
      {"AnotherAgentsSignature", "bad signature",
       [](const Signer&, AgentMessage& m) { Resign(Signer(), m); }},
      {"ReleaseChangedAfterSigning", "bad signature",
       [](const Signer&, AgentMessage& m) { m.mutable_header()->set_release(7); }},
      {"ExpiryChangedAfterSigning", "bad signature",
       [](const Signer&, AgentMessage& m) {
         *m.mutable_header()->mutable_expires() = ToTimestamp(now + hours(48));
       }},
      {"I11_ListNameWithANewline", "malformed",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_list("a\n9");
         Resign(s, m);
       }},
      {"I11_ListNameThatIsAPath", "malformed",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_list("../../etc/x");
         Resign(s, m);
       }},
      {"I11_ListNameWithANul", "malformed",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_list(std::string("a\0b", 3));
         Resign(s, m);
       }},
      {"N3_Expired", "expired",
       [](const Signer& s, AgentMessage& m) {
         *m.mutable_header()->mutable_expires() = ToTimestamp(now);
         Resign(s, m);
       }},
      {"N3_OlderRelease", "replay",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_release(4);
         Resign(s, m);
       }},
      {"N3_HigherReleaseIssuedEarlier", "replay",
       [](const Signer& s, AgentMessage& m) {
         *m.mutable_header()->mutable_issued() = ToTimestamp(now - hours(1));
         Resign(s, m);
       }},
      {"N3_SameReleaseWithOtherContent", "replay",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_release(5);
         Resign(s, m);
       }},
      {"IssuedInTheFuture", "issued in the future",
       [](const Signer& s, AgentMessage& m) {
         *m.mutable_header()->mutable_issued() = ToTimestamp(now + hours(8760));
         *m.mutable_header()->mutable_expires() = ToTimestamp(now + hours(8784));
         Resign(s, m);
       }},
      {"ReleaseZero", "malformed",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_release(0);
         Resign(s, m);
       }},
      {"ShortDigest", "malformed",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_digest("x");
         Resign(s, m);
       }},
      {"WrongDigest", "wrong digest",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_digest(std::string(32, 'x'));
         Resign(s, m);
       }},
      {"WrongCount", "wrong count",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_count(3);
         Resign(s, m);
       }},
      {"ALineLost", "wrong count",
       [](const Signer&, AgentMessage& m) { m.set_added("domain a.example\n"); }},
      {"ALineReplaced", "wrong digest",
       [](const Signer&, AgentMessage& m) { m.set_added("domain a.example\ndomain c.example\n"); }},
      {"LinesOutOfOrder", "malformed",
       [](const Signer&, AgentMessage& m) { m.set_added("domain b.example\ndomain a.example\n"); }},
      {"ADuplicate", "malformed",
       [](const Signer&, AgentMessage& m) { m.set_added("domain a.example\ndomain a.example\n"); }},
      {"I5_NoListLine", "malformed",
       [](const Signer&, AgentMessage& m) { m.set_added("$INCLUDE /etc/passwd\n"); }},
      {"ALineCut", "malformed",
       [](const Signer&, AgentMessage& m) { m.set_added("domain a.example\ndomain b.exam"); }},
      {"SnapshotThatRemoves", "malformed",
       [](const Signer&, AgentMessage& m) { m.set_removed("domain a.example\n"); }},
      {"TooLarge", "too large",
       [](const Signer&, AgentMessage& m) { m.set_added(std::string(2000, '\n')); }},
      {"AnAgentBeforeTerms", "malformed header: no terms_digest: the agent is older",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->clear_terms_digest();
         Resign(s, m);
       }},
      {"TermsChangedAfterSigning", "bad signature",
       [](const Signer&, AgentMessage& m) {
         m.mutable_header()->set_terms_digest(std::string(32, 'x'));
       }},
      {"WrongTerms", "wrong terms",
       [](const Signer& s, AgentMessage& m) {
         m.mutable_header()->set_terms_digest(std::string(32, 'x'));
         Resign(s, m);
       }},
      {"TermsThatNobodySigned", "wrong terms",
       [](const Signer&, AgentMessage& m) {
         for (int i = 0; i < 2; ++i) m.add_line_expires(5);
         m.set_line_risk(std::string(2, 50));
       }},
      {"FewerTermsThanLines", "malformed",
       [](const Signer&, AgentMessage& m) {
         m.add_line_expires(5);
         m.set_line_risk(std::string(1, 50));
       }},
      {"ARiskThatIsNone", "malformed",
       [](const Signer&, AgentMessage& m) {
         for (int i = 0; i < 2; ++i) m.add_line_expires(5);
         m.set_line_risk(std::string(2, 101));
       }},
      {"SnapshotThatChangesTerms", "malformed",
       [](const Signer&, AgentMessage& m) { m.set_retermed("domain a.example\n"); }},
      {"NoNonce", "malformed", [](const Signer&, AgentMessage& m) { m.set_nonce(""); }},
      {"LongNonce", "malformed",
       [](const Signer&, AgentMessage& m) { m.set_nonce(std::string(65, 'n')); }},
  };
}

class AssemblerRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(AssemblerRefusalTest, IsRefused) {
  const Signer signer;
  Assembler assembler(signer.public_key(), size_max);
  const HeldList held = Held(5, ListOf({"domain a.example"}));
  AgentMessage message = signer.WholeList("n", 6, ListOf({"domain a.example", "domain b.example"}));
  {
    const auto unspoiled = assembler.Add(message, &held, now);
    ASSERT_TRUE(unspoiled && *unspoiled);
  }
  GetParam().spoil(signer, message);
  const auto answer = assembler.Add(message, &held, now);
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_TRUE(answer->error().error.detail.starts_with(GetParam().reason))
      << answer->error().error.detail;
}

INSTANTIATE_TEST_SUITE_P(Hostile, AssemblerRefusalTest, ::testing::ValuesIn(Refusals()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(AssemblerTest, RefusesADeltaThatItsBaseContradicts) {
  held_ = Held(1, one_);
  AgentMessage adds_again = signer_.Change("n", 2, one_, two_);
  adds_again.set_added("domain a.example\ndomain b.example\n");
  EXPECT_TRUE(Add(adds_again).starts_with("malformed"));
  AgentMessage removes_absent = signer_.Change("m", 2, one_, two_);
  removes_absent.set_removed("ip 192.0.2.9/32\n");
  EXPECT_TRUE(Add(removes_absent).starts_with("malformed"));
}

TEST_F(AssemblerTest, TakesTheSameReleaseAgain) {
  held_ = Held(5, one_);
  EXPECT_EQ(Add(signer_.WholeList("n", 5, one_)), "");
}

TEST_F(AssemblerTest, CountsTheBaseOfADeltaTowardsTheBound) {
  std::vector<std::string> lines;
  for (int i = 100; i < 160; ++i) lines.push_back("domain a" + std::to_string(i) + ".example");
  const Snapshot large = ListOf(lines);
  ASSERT_GT(large->text().size(), size_max);
  held_ = Held(1, large);
  lines.emplace_back("domain z.example");
  EXPECT_TRUE(Add(signer_.Change("n", 2, large, ListOf(lines))).starts_with("too large"));
}

TEST(SignedTextTest, IsWhatTheProtocolPageShows) {
  sekisho::v1::UpdateHeader header;
  header.set_list("resolvers");
  header.set_release(42);
  header.set_digest(proto::ToBytes(policy::Sha256Of("")));
  header.set_terms_digest(proto::ToBytes(policy::Sha256Of("1795688191 90\n")));
  *header.mutable_issued() = proto::ToTimestamp(policy::ParseTime("2026-11-24T10:16:31Z").value());
  *header.mutable_expires() = proto::ToTimestamp(policy::ParseTime("2026-11-25T10:16:31Z").value());
  EXPECT_EQ(proto::SignedTextOf(header),
            "sekisho list v2\n"
            "resolvers\n"
            "42\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
            "ff16c7f66bc884ae416cf18ce7eb6785b6efae347a63ed11701debaec0db190a\n"
            "0\n"
            "-\n"
            "2026-11-24T10:16:31Z\n"
            "2026-11-25T10:16:31Z\n");
}

}  // namespace
}  // namespace exporters
