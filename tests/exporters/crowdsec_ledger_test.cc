#include "exporters/crowdsec/ledger.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/crowdsec/bouncers.h"
#include "exporters/crowdsec/json.h"
#include "exporters/crowdsec/ledger_file.h"
#include "exporters/crowdsec/query.h"
#include "exporters/crowdsec/usage_metrics.h"
#include "exporters/crowdsec/values.h"
#include "platform/atomic_file.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::crowdsec {
namespace {

using policy::IpPrefix;
using policy::ListSnapshot;
using std::chrono::hours;

const policy::TimePoint now = policy::ParseTime("2026-11-24T10:00:00Z").value();

std::vector<IpPrefix> Prefixes(const std::vector<std::string>& texts) {
  std::vector<IpPrefix> prefixes;
  for (const std::string& text : texts) prefixes.push_back(IpPrefix::Parse(text).value());
  std::sort(prefixes.begin(), prefixes.end());
  return prefixes;
}

std::vector<std::string> Texts(const std::vector<Decision>& decisions) {
  std::vector<std::string> texts;
  for (const Decision& one : decisions) texts.push_back(one.value.ToString());
  return texts;
}

using Names = std::vector<std::string>;

// ---- values

TEST(CrowdsecValuesTest, ExpandsPrefixesUpToALimitAndCountsWhatIsWider) {
  const auto list =
      ListSnapshot::FromLines({"domain a.example", "ip 192.0.2.0/30", "ip 192.0.2.1/32",
                               "ip 198.51.100.0/24", "ip 2001:db8::/127"});
  const auto values = ValuesOf(*list, {.as_ranges = false, .expand_max = 4}, 0).value();
  EXPECT_EQ(values.prefixes, Prefixes({"192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3",
                                       "2001:db8::", "2001:db8::1"}));
  EXPECT_EQ(values.enforced, 3U);
  EXPECT_EQ(values.not_enforceable, 2U);
  EXPECT_EQ(values.too_wide, 1U);
}

TEST(CrowdsecValuesTest, LeavesRangesToBouncersThatKnowThem) {
  const auto list = ListSnapshot::FromLines({"ip 10.0.0.0/8", "ip 192.0.2.1/32"});
  const auto values = ValuesOf(*list, {.as_ranges = true, .expand_max = 4}, 0).value();
  EXPECT_EQ(values.prefixes, Prefixes({"10.0.0.0/8", "192.0.2.1"}));
  EXPECT_EQ(values.enforced, 2U);
}

TEST(CrowdsecValuesTest, RefusesWhatBouncersWouldCutAndWhatBlocksEverything) {
  const auto many = ListSnapshot::FromLines({"ip 192.0.2.0/30"});
  EXPECT_EQ(ValuesOf(*many, {false, 256}, 3).error().code, policy::ErrorCode::exhausted);
  EXPECT_TRUE(ValuesOf(*many, {false, 256}, 4));
  const auto all = ListSnapshot::FromLines({"ip 0.0.0.0/0"});
  EXPECT_EQ(ValuesOf(*all, {true, 256}, 0).error().code, policy::ErrorCode::not_allowed);
  const auto highest = ListSnapshot::FromLines({"ip ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"});
  EXPECT_EQ(ValuesOf(*highest, {false, 256}, 0)->prefixes.size(), 2U);
}

// ---- the ledger

TEST(CrowdsecLedgerTest, TellsWhatChangedSinceACursor) {
  Ledger ledger(hours(48));
  EXPECT_EQ(ledger.head(), 0U);
  ledger.Become(Prefixes({"192.0.2.1", "192.0.2.2"}), now);
  const auto first = ledger.head();
  ledger.Become(Prefixes({"192.0.2.2", "192.0.2.3"}), now);
  EXPECT_EQ(Texts(ledger.Since(0, now).added), (Names{"192.0.2.2/32", "192.0.2.3/32"}));
  const auto changes = ledger.Since(first, now);
  EXPECT_EQ(Texts(changes.added), (Names{"192.0.2.3/32"}));
  EXPECT_EQ(Texts(changes.deleted), (Names{"192.0.2.1/32"}));
  EXPECT_TRUE(ledger.Since(ledger.head(), now).added.empty());
  EXPECT_TRUE(ledger.Since(ledger.head(), now).deleted.empty());
}

TEST(CrowdsecLedgerTest, CountsNoChangeWhereThereIsNone) {
  Ledger ledger(hours(48));
  ledger.Become(Prefixes({"192.0.2.1"}), now);
  const auto head = ledger.head();
  ledger.Become(Prefixes({"192.0.2.1"}), now + hours(1));
  EXPECT_EQ(ledger.head(), head);
  EXPECT_TRUE(ledger.HoldsExactly(Prefixes({"192.0.2.1"})));
  EXPECT_FALSE(ledger.HoldsExactly(Prefixes({"192.0.2.2"})));
}

TEST(CrowdsecLedgerTest, RenewsEachDecisionAtHalfItsTimeAndNeverManyAtOnce) {
  std::vector<IpPrefix> values;
  for (unsigned i = 0; i < 10'000; ++i) {
    values.push_back(*IpPrefix::From(policy::IpFamily::v4, 0x0A000000U + i, 32));
  }
  Ledger ledger(hours(48));
  ledger.Become(values, now);
  for (const Decision& one : ledger.Since(0, now).added) {
    ASSERT_GE(one.until, now + hours(24));
    ASSERT_LE(one.until, now + hours(48));
  }
  std::size_t most = 0;
  std::size_t renewed = 0;
  for (auto time = now; time <= now + hours(24); time += std::chrono::minutes(5)) {
    const auto before = ledger.head();
    ledger.Become(values, time);
    const auto changes = ledger.Since(before, time);
    ASSERT_EQ(Texts(changes.added), Texts(changes.deleted));
    most = std::max(most, changes.added.size());
    renewed += changes.added.size();
    ledger.Forget(ledger.head(), time);
  }
  EXPECT_GE(renewed, values.size());
  EXPECT_LT(most, values.size() / 50);
  for (const Decision& one : ledger.Since(0, now).added) ASSERT_GT(one.until, now + hours(24));
}

TEST(CrowdsecLedgerTest, ForgetsWhatAllHaveBeenToldOrTimeHasDone) {
  Ledger ledger(hours(48));
  ledger.Become(Prefixes({"192.0.2.1"}), now);
  ledger.Become({}, now);
  ledger.Forget(ledger.head() - 1, now);
  EXPECT_EQ(ledger.Since(1, now).deleted.size(), 1U);
  EXPECT_EQ(ledger.Since(1, now + hours(48)).deleted.size(), 0U);
  ledger.Forget(ledger.head(), now);
  EXPECT_EQ(ledger.Since(1, now).deleted.size(), 0U);
}

TEST(CrowdsecLedgerTest, FindsWhatCoversAnAddressAndWhatIsWithinARange) {
  Ledger ledger(hours(48));
  ledger.Become(Prefixes({"192.0.2.0/24", "192.0.2.7", "192.0.3.1", "2001:db8::/32"}), now);
  const auto covering = [&](const std::string& text) {
    return Texts(ledger.Covering(IpPrefix::Parse(text).value()));
  };
  EXPECT_EQ(covering("192.0.2.7"), (Names{"192.0.2.0/24", "192.0.2.7/32"}));
  EXPECT_EQ(covering("192.0.2.8"), (Names{"192.0.2.0/24"}));
  EXPECT_EQ(covering("192.0.4.1"), Names{});
  EXPECT_EQ(covering("2001:db8::9"), (Names{"2001:db8::/32"}));
  EXPECT_EQ(Texts(ledger.Within(IpPrefix::Parse("192.0.2.0/23").value())),
            (Names{"192.0.2.0/24", "192.0.2.7/32", "192.0.3.1/32"}));
}

TEST(CrowdsecLedgerTest, IsTheSameAfterARestartAndRefusesAnotherFile) {
  const platform::testing::TemporaryFolder folder;
  Ledger ledger(hours(48));
  ledger.Become(Prefixes({"192.0.2.1", "192.0.2.2", "2001:db8::/64"}), now);
  ledger.Become(Prefixes({"192.0.2.2", "2001:db8::/64"}), now + hours(1));
  ASSERT_TRUE(LedgerFile(folder / "decisions").Write(ledger));
  const auto read = LedgerFile(folder / "decisions").Read(hours(48));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->head(), ledger.head());
  EXPECT_EQ(StreamJson(read->Since(0, now), Query(), now),
            StreamJson(ledger.Since(0, now), Query(), now));
  EXPECT_EQ(StreamJson(read->Since(1, now), Query(), now),
            StreamJson(ledger.Since(1, now), Query(), now));
  std::ofstream(folder / "decisions", std::ios::app) << "+ 9 9 9 192.0.2.9/32\n";
  EXPECT_EQ(LedgerFile(folder / "decisions").Read(hours(48)).error().code,
            policy::ErrorCode::corrupt);
  EXPECT_EQ(LedgerFile(folder / "none").Read(hours(48))->head(), 0U);
}

class CrowdsecLedgerFileTest : public ::testing::Test {
 protected:
  static Names Some(int from, int to) {
    Names values;
    for (int i = from; i < to; ++i) values.push_back("10.0." + std::to_string(i) + ".1");
    return values;
  }
  static std::string Told(const Ledger& ledger) {
    return StreamJson(ledger.Since(0, now), Query(), now) +
           StreamJson(ledger.Since(1, now), Query(), now);
  }
  policy::Result<Ledger> Read() const { return LedgerFile(path_).Read(hours(48)); }
  std::string JournalText() const {
    return platform::ReadFile(journal_path_, 1UL << 20).value_or("");
  }

  platform::testing::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "decisions";
  const std::filesystem::path journal_path_ = folder_ / "decisions.changes";
  LedgerFile file_{path_};
  Ledger ledger_{hours(48)};
};

TEST_F(CrowdsecLedgerFileTest, AChangeGoesToTheJournalAndIsThereAfterARestart) {
  ledger_.Become(Prefixes(Some(0, 100)), now);
  ASSERT_TRUE(file_.Write(ledger_));
  const auto whole = platform::ReadFile(path_, 1UL << 20).value();
  for (int i = 1; i < 10; ++i) {
    // Each time one comes and one goes; late ones renew some, too.
    ledger_.Become(Prefixes(Some(i, 100 + i)), now + hours(i * 2));
    ASSERT_TRUE(file_.Write(ledger_));
    const auto read = Read();
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(Told(*read), Told(ledger_)) << i;
    EXPECT_EQ(read->head(), ledger_.head());
  }
  EXPECT_EQ(platform::ReadFile(path_, 1UL << 20).value(), whole) << "only the journal grew";
  LedgerFile again(path_);
  ledger_ = again.Read(hours(48)).value();
  ledger_.Become(Prefixes({"192.0.2.1"}), now + hours(20));
  ASSERT_TRUE(again.Write(ledger_));
  EXPECT_EQ(Told(Read().value()), Told(ledger_));
}

TEST_F(CrowdsecLedgerFileTest, E3_WhereverACrashCutsAChangeItIsThereOrNotAtAll) {
  ledger_.Become(Prefixes(Some(0, 3)), now);
  ASSERT_TRUE(file_.Write(ledger_));
  const std::string before = Told(ledger_);
  ledger_.Become(Prefixes(Some(1, 4)), now);
  ASSERT_TRUE(file_.Write(ledger_));
  const std::string journal = JournalText();
  for (std::size_t size = 0; size <= journal.size(); ++size) {
    const platform::testing::TemporaryFolder other;
    std::filesystem::copy_file(path_, other / "decisions");
    std::ofstream(other / "decisions.changes") << journal.substr(0, size);
    LedgerFile cut(other / "decisions");
    auto read = cut.Read(hours(48));
    ASSERT_TRUE(read) << size << read.error().detail;
    EXPECT_EQ(Told(*read), size == journal.size() ? Told(ledger_) : before) << size;
    read->Become(Prefixes({"192.0.2.1"}), now);
    ASSERT_TRUE(cut.Write(*read));
    EXPECT_EQ(Told(LedgerFile(other / "decisions").Read(hours(48)).value()), Told(*read)) << size;
  }
}

TEST_F(CrowdsecLedgerFileTest, AChangeThatSomebodyAlteredIsCorruptUnlessItIsTheLast) {
  for (int i = 0; i < 3; ++i) {
    ledger_.Become(Prefixes(Some(i, 3 + i)), now);
    ASSERT_TRUE(file_.Write(ledger_));
  }
  std::string journal = JournalText();
  const std::size_t at = journal.find("10.0.3.1");
  ASSERT_NE(at, journal.npos);
  journal[at + 3] = '9';
  std::ofstream(journal_path_, std::ios::trunc) << journal;
  LedgerFile altered(path_);
  EXPECT_EQ(altered.Read(hours(48)).error().code, policy::ErrorCode::corrupt);
  ASSERT_TRUE(altered.Write(ledger_)) << "whole, and not behind what can't be read";
  EXPECT_EQ(Told(Read().value()), Told(ledger_));
}

TEST_F(CrowdsecLedgerFileTest, AJournalThatHasGrownMakesWayForTheWhole) {
  ledger_.Become(Prefixes(Some(0, 250)), now);
  ASSERT_TRUE(file_.Write(ledger_));
  const auto whole = platform::ReadFile(path_, 1UL << 20).value();
  int changes = 0;
  for (; platform::ReadFile(path_, 1UL << 20).value() == whole; ++changes) {
    ASSERT_LT(changes, 10'000);
    ledger_.Become(Prefixes(Some(changes % 2, 250 - changes % 2)), now);
    ASSERT_TRUE(file_.Write(ledger_));
  }
  EXPECT_GT(changes, 100);
  EXPECT_LT(JournalText().size(), 200U);
  EXPECT_EQ(Told(Read().value()), Told(ledger_));
}

// ---- bouncers

TEST(CrowdsecBouncersTest, RememberWhoWasToldWhat) {
  const platform::testing::TemporaryFolder folder;
  const std::vector<NamedKey> keys{{"fw1", policy::Sha256Of("key-one")},
                                   {"fw2", policy::Sha256Of("key-two")}};
  Bouncers bouncers(keys);
  EXPECT_EQ(bouncers.Find("key-three"), nullptr);
  Bouncer* fw2 = bouncers.Find("key-two");
  ASSERT_NE(fw2, nullptr);
  fw2->told = 7;
  fw2->told_before = 6;
  fw2->asked = now;
  fw2->software = PlainSoftware("crowdsec-firewall-bouncer/v0.0.25 \n; x");
  EXPECT_EQ(bouncers.told_to_all(), 6U);
  EXPECT_EQ(bouncers.Behind(7, std::nullopt).size(), 1U);
  EXPECT_EQ(bouncers.Behind(8, std::nullopt).size(), 2U);
  EXPECT_EQ(bouncers.Behind(8, now).size(), 1U);
  ASSERT_TRUE(bouncers.Write(folder / "bouncers"));
  Bouncers read(keys);
  ASSERT_TRUE(read.Read(folder / "bouncers"));
  EXPECT_EQ(read.Report(7, now + std::chrono::seconds(3)),
            "fw1 has never pulled; fw2 (crowdsec-firewall-bouncer/v0.0.25____x) pulled 3 s ago");
  EXPECT_EQ(read.Find("key-two")->told_before, 6U);
}

// ---- what goes over the wire

TEST(CrowdsecQueryTest, NarrowsAsTheRealApiDoes) {
  const auto passes = [](const std::string& text) {
    const Query query = ReadQuery(text);
    return std::string(query.ips ? "ip" : "") + (query.ranges ? "range" : "");
  };
  EXPECT_EQ(passes(""), "iprange");
  EXPECT_EQ(passes("startup=true&community_pull=true&dedup=false"), "iprange");
  EXPECT_EQ(passes("scopes=ip"), "ip");
  EXPECT_EQ(passes("scopes=Ip%2CRange"), "iprange");
  EXPECT_EQ(passes("scopes=range,country"), "range");
  EXPECT_EQ(passes("origins=cscli,lists"), "iprange");
  EXPECT_EQ(passes("origins=cscli"), "");
  EXPECT_EQ(passes("scenarios_containing=ssh,seki"), "iprange");
  EXPECT_EQ(passes("scenarios_containing=ssh"), "");
  EXPECT_EQ(passes("scenarios_not_containing=sekisho"), "");
  EXPECT_EQ(passes("type=captcha"), "");
  EXPECT_EQ(passes("scopes=%zz&&=&a"), "");
  EXPECT_TRUE(ReadQuery("startup=true").startup);
  EXPECT_FALSE(ReadQuery("startup=false").startup);
  EXPECT_EQ(ReadQuery("ip=2001%3Adb8%3A%3A1").value, "2001:db8::1");
  EXPECT_FALSE(ReadQuery("range=192.0.2.0/24&contains=false").contains);
}

TEST(CrowdsecJsonTest, IsWhatTheRealApiWrites) {
  const Ledger::Changes changes{
      {{1, IpPrefix::Parse("192.0.2.1").value(), now + hours(4) - std::chrono::seconds(1)},
       {2, IpPrefix::Parse("198.51.100.0/24").value(), now + std::chrono::seconds(61)}},
      {{3, IpPrefix::Parse("2001:db8::1").value(), now - std::chrono::seconds(9)}}};
  EXPECT_EQ(
      StreamJson(changes, Query(), now),
      R"({"deleted":[{"duration":"-9s","id":3,"origin":"lists","scenario":"sekisho","scope":"Ip",)"
      R"("type":"ban","value":"2001:db8::1"}],"new":[{"duration":"3h59m59s","id":1,)"
      R"("origin":"lists","scenario":"sekisho","scope":"Ip","type":"ban","value":"192.0.2.1"},)"
      R"({"duration":"1m1s","id":2,"origin":"lists","scenario":"sekisho","scope":"Range",)"
      R"("type":"ban","value":"198.51.100.0/24"}]})");
  EXPECT_EQ(StreamJson({}, Query(), now), R"({"deleted":null,"new":null})");
  EXPECT_EQ(DecisionsJson({}, Query(), now), "null");
  EXPECT_EQ(MessageJson("a \"b\"\n\xff"), R"({"message":"a \"b\"\n\ufffd"})");
}

TEST(CrowdsecUsageMetricsTest, AddsUpWhatABouncerReportsAndNothingElse) {
  const auto metrics = ReadUsageMetrics(R"({"remediation_components":[{"type":"x","metrics":[
      {"items":[{"name":"active_decisions","value":3,"labels":{"origin":"lists"}},
                {"name":"active_decisions","value":4},{"name":"dropped","value":77},
                {"name":"dropped","value":-1},{"name":"dropped","value":1e300},
                {"name":7,"value":7},{"value":7},"x",null]},"x"]},7]})");
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->active, 7U);
  EXPECT_EQ(metrics->dropped, 77U);
  EXPECT_FALSE(ReadUsageMetrics("{}"));
  EXPECT_FALSE(ReadUsageMetrics("[[[[[["));
  EXPECT_FALSE(ReadUsageMetrics(R"({"remediation_components":7})"));
  EXPECT_FALSE(ReadUsageMetrics(R"({"remediation_components":[]})")->active);
}

}  // namespace
}  // namespace exporters::crowdsec
