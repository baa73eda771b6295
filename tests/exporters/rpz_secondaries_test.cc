// The RPZ exporter with a primary of its own and secondaries of other makes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "exporters/assembler.h"
#include "exporters/keeper.h"
#include "exporters/must_work.h"
#include "exporters/rpz/rpz_exporter.h"
#include "tests/exporters/signed_updates.h"
#include "tests/peers/named.h"
#include "tests/peers/resolver.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using peers::Named;
using peers::Resolver;
using policy::ListSnapshot;
using Software = Resolver::Software;
using List = std::shared_ptr<const ListSnapshot>;

List ListOf(std::vector<std::string> lines) {
  return ListSnapshot::FromLines(std::move(lines));
}

class RpzSecondariesTest : public ::testing::Test {
 protected:
  explicit RpzSecondariesTest(std::size_t parts = 1) : parts_(parts) {}

  void SetUp() override {
    primary_ = Named::Start(Named::Role::primary_only, parts_);
    if (!primary_) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << "no named";
      GTEST_SKIP() << "no named; run ./dev test, or deploy/dev/peers.sh";
    }
    for (const auto software : {Software::bind, Software::unbound, Software::powerdns}) {
      secondaries_.push_back(Resolver::Following(software, *primary_));
      if (!secondaries_.back()) GTEST_SKIP() << "no Unbound or PowerDNS; run deploy/dev/peers.sh";
    }
    exporter_ = Make("answer_timeout: 3s\nload_timeout: 20s\nenforce_timeout: 15s\n");
  }

  std::unique_ptr<Exporter> Make(const std::string& more) {
    std::vector<std::string> addresses;
    for (const auto& one : secondaries_) addresses.push_back(one->address());
    auto document =
        config::Document::Parse(primary_->ExporterSettings(more, addresses), state_ / "rpz.yaml");
    if (!document) throw std::runtime_error(document.error().detail);
    auto exporter = MakeRpz(document->root(), {"dns", state_.path(), clock_});
    if (!exporter) throw std::runtime_error(exporter.error().detail);
    return std::move(*exporter);
  }

  Outcome<Proof> ApplyWhole(const List& list) { return exporter_->Apply({nullptr, *list, {}}); }
  Outcome<Proof> ApplyDelta(const List& base, const List& list) {
    return exporter_->Apply({base.get(), *list, policy::Difference(*base, *list)});
  }

  void MustEnforce(const Outcome<Proof>& outcome) {
    if (!outcome) throw std::runtime_error(outcome.error().reason + "\n" + Logs());
    EXPECT_TRUE(outcome->matches) << outcome->how << "\n" << Logs();
  }

  // How many the primary has begun so far.
  std::size_t Transfers(const std::string& kind) const {
    const std::string log = primary_->Log();
    std::size_t count = 0;
    for (std::size_t at = log.find(kind); at != log.npos; at = log.find(kind, at + 1)) ++count;
    return count;
  }

  std::string Logs() const {
    std::string logs = primary_->Log();
    for (const auto& one : secondaries_) logs += "----\n" + one->Log();
    return logs;
  }

  void EachMustAnswer(const std::string& name, const std::string& type, const std::string& status) {
    for (const auto& one : secondaries_) {
      EXPECT_EQ(one->Status(name, type), status) << name << "\n" << one->Log();
    }
  }

  const std::size_t parts_;
  platform::testing::TemporaryFolder state_;
  platform::SystemClock clock_;
  std::unique_ptr<Named> primary_;
  std::vector<std::unique_ptr<Resolver>> secondaries_;
  std::unique_ptr<Exporter> exporter_;
};

TEST_F(RpzSecondariesTest, AllBlockTheSameAndNothingElse) {
  const auto outcome = ApplyWhole(
      ListOf({"domain evil.example", "domain xn--bcher-kva.example", "domain a_b.test",
              "ip 192.0.2.0/24", "ip 2001:db8::/32", "ip 10.0.0.0/8", "ip 2001:db9::1:0:0:1/128",
              "ip ::1/128", "url http://shared.example/bad"}));
  MustEnforce(outcome);
  EXPECT_NE(outcome->how.find("3 of 3 resolvers"), std::string::npos) << outcome->how;
  for (const std::string name : {"evil.example", "a.b.c.evil.example", "xn--bcher-kva.example",
                                 "x.a_b.test", "v4.answer.test"}) {
    EachMustAnswer(name, "A", "NXDOMAIN");
  }
  EachMustAnswer("v6.answer.test", "AAAA", "NXDOMAIN");
  for (const std::string name : {"example", "neighbour.example", "notevil.example",
                                 "shared.example", "evil.example.org", "b.test"}) {
    EachMustAnswer(name, "A", "NOERROR");
  }
}

TEST_F(RpzSecondariesTest, OneMoreNameInALargeZoneReachesAllAsADifference) {
  std::vector<std::string> lines;
  for (int i = 0; i < 100'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  const List before = ListOf(lines);
  MustEnforce(ApplyWhole(before));
  lines.push_back("domain first.example");
  const List first = ListOf(lines);
  MustEnforce(ApplyDelta(before, first));  // reads the list in

  lines.push_back("domain one-more.example");
  const List after = ListOf(lines);
  const std::size_t whole = Transfers("AXFR started");
  MustEnforce(ApplyDelta(first, after));
  EXPECT_EQ(Transfers("AXFR started"), whole) << primary_->Log();
  EachMustAnswer("www.one-more.example", "A", "NXDOMAIN");
  EXPECT_NE(primary_->Log().find("IXFR started: TSIG sekisho"), std::string::npos);
}

// By its address, which no look at the list can tell.
TEST_F(RpzSecondariesTest, E4_ListByWhichResolversBlockWhatMustWorkIsTakenBack) {
  MustWork guarded(std::move(exporter_), {policy::GuessIndicator("v4.answer.test").value(),
                                          policy::GuessIndicator("neighbour.example").value()});
  const platform::ManualClock clock(exporters::testing::now);
  Keeper keeper(guarded, LastKnownGood(state_ / "held", 10'000), OnDrift::restore, "dns", clock);
  const exporters::testing::Signer signer;
  const auto take = [&](std::uint64_t release, const List& list) {
    Assembler assembler(signer.public_key(), 10'000);
    auto update = assembler.Add(signer.WholeList("n", release, list), keeper.held().get(),
                                exporters::testing::now);
    return keeper.Take(**update).outcome;
  };
  std::filesystem::create_directory(state_ / "held");
  const auto taken = take(1, ListOf({"domain evil.example"}));
  ASSERT_TRUE(taken) << taken.error().reason;
  const auto refused = take(2, ListOf({"domain evil.example", "ip 192.0.2.0/24"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().device, DeviceState::unchanged);
  EXPECT_NE(refused.error().reason.find("the device blocks v4.answer.test, which must work"),
            std::string::npos)
      << refused.error().reason;
  EachMustAnswer("v4.answer.test", "A", "NOERROR");
  EachMustAnswer("www.evil.example", "A", "NXDOMAIN");
}

// RFC 9103.
TEST_F(RpzSecondariesTest, SecondaryTakesAChangeByTlsFromAPrimaryThatItKnows) {
  secondaries_.clear();
  secondaries_.push_back(Resolver::FollowingByTls(*primary_));
  exporter_ = Make("answer_timeout: 3s\nload_timeout: 20s\nenforce_timeout: 15s\n");
  const List before = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(before));
  MustEnforce(ApplyDelta(before, ListOf({"domain evil.example", "domain worse.example"})));
  EachMustAnswer("worse.example", "A", "NXDOMAIN");
  // Whoever asks in the clear gets nothing.
  EXPECT_EQ(primary_->Short("rpz.test", "AXFR").find("evil"), std::string::npos);
}

TEST_F(RpzSecondariesTest, RevokedNameResolvesEverywhereAndItsNeighbourStaysBlocked) {
  const List before = ListOf({"domain evil.example", "domain worse.example"});
  MustEnforce(ApplyWhole(before));
  EachMustAnswer("www.evil.example", "A", "NXDOMAIN");
  MustEnforce(ApplyDelta(before, ListOf({"domain worse.example"})));
  EachMustAnswer("www.evil.example", "A", "NOERROR");
  EachMustAnswer("www.worse.example", "A", "NXDOMAIN");
}

// p0, p1 and p2 for names, p3 for addresses.
class RpzPartsOnSecondariesTest : public RpzSecondariesTest {
 protected:
  RpzPartsOnSecondariesTest() : RpzSecondariesTest(4) {}
};

TEST_F(RpzPartsOnSecondariesTest, AllBlockTheSameAndNothingElse) {
  const List before = ListOf({"domain n0.example", "domain n1.example", "domain n4.example",
                              "ip 192.0.2.0/24", "ip 2001:db8::/32"});
  MustEnforce(ApplyWhole(before));
  for (const std::string name :
       {"n0.example", "www.n1.example", "a.b.n4.example", "v4.answer.test"}) {
    EachMustAnswer(name, "A", "NXDOMAIN");
  }
  EachMustAnswer("v6.answer.test", "AAAA", "NXDOMAIN");
  EachMustAnswer("neighbour.example", "A", "NOERROR");

  const std::size_t whole = Transfers("AXFR started");
  const std::size_t parts = Transfers("IXFR started");
  MustEnforce(ApplyDelta(before, ListOf({"domain n0.example", "domain n4.example",
                                         "domain n6.example", "ip 192.0.2.0/24"})));
  EachMustAnswer("www.n6.example", "A", "NXDOMAIN");
  EachMustAnswer("www.n1.example", "A", "NOERROR");
  EachMustAnswer("v6.answer.test", "AAAA", "NOERROR");
  EachMustAnswer("v4.answer.test", "A", "NXDOMAIN");
  EXPECT_EQ(Transfers("AXFR started"), whole) << primary_->Log();
  EXPECT_GT(Transfers("IXFR started"), parts) << primary_->Log();
}

// A rule on an address before one on a name would have BIND ask the name's servers first.
TEST_F(RpzPartsOnSecondariesTest, NamesAreBlockedWithoutAskingAnybody) {
  MustEnforce(ApplyWhole(
      ListOf({"domain n0.example", "domain n1.example", "domain n4.example", "ip 192.0.2.0/24"})));
  primary_->Kill();  // whom all of them ask
  for (const std::string name : {"x.n0.example", "x.n1.example", "x.n4.example"}) {
    EachMustAnswer(name, "A", "NXDOMAIN");
  }
}

class ExporterFaults : public RpzSecondariesTest {};

// Long before the zone expires on them.
TEST_F(ExporterFaults, E9_RpzSecondariesBlockOnWithoutThePrimaryAndThatItIsGoneIsSaidAtOnce) {
  const List list = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(list));
  for (const auto& one : secondaries_) EXPECT_EQ(one->Status("evil.example"), "NXDOMAIN");
  for (const auto& one : secondaries_) one->Restart();
  EachMustAnswer("evil.example", "A", "NXDOMAIN");
  primary_->Kill();
  const auto proof = exporter_->ReadBack(*list);
  ASSERT_FALSE(proof);
  EXPECT_NE(proof.error().reason.find(primary_->address()), std::string::npos)
      << proof.error().reason;
  EachMustAnswer("www.evil.example", "A", "NXDOMAIN");
}

TEST_F(RpzSecondariesTest, ReceiptNamesTheResolverThatLags) {
  const List before = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(before));
  // Knows nothing of the zone.
  const auto other = Named::Start(Named::Role::primary_only);
  auto document = config::Document::Parse(
      primary_->ExporterSettings("answer_timeout: 1s\nenforce_timeout: 1s\n",
                                 {secondaries_[0]->address(), other->address()}),
      state_ / "rpz.yaml");
  auto exporter = MakeRpz(document->root(), {"dns", state_.path(), clock_});
  ASSERT_TRUE(exporter) << exporter.error().detail;
  const auto proof = (*exporter)->ReadBack(*before);
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_FALSE(proof->matches);
  EXPECT_NE(
      proof->how.find("1 of 2 resolvers enforce the list, but the resolver " + other->address()),
      std::string::npos)
      << proof->how;
}

TEST_F(RpzSecondariesTest, ReceiptNamesTheResolverThatIsDown) {
  MustEnforce(ApplyWhole(ListOf({"domain evil.example"})));
  exporter_ = Make("answer_timeout: 1s\nenforce_timeout: 1s\n");
  secondaries_[1]->Kill();
  const auto outcome = exporter_->ReadBack(*ListOf({"domain evil.example"}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unknown);
  EXPECT_NE(outcome.error().reason.find(secondaries_[1]->address()), std::string::npos)
      << outcome.error().reason;
}

}  // namespace
}  // namespace exporters
