// The RPZ exporter with the Knot DNS that we ship a configuration for, and secondaries of other
// makes.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "exporters/rpz/rpz_exporter.h"
#include "tests/exporters/exporter_test.h"
#include "tests/peers/knotd.h"
#include "tests/peers/named.h"
#include "tests/peers/peers.h"
#include "tests/peers/resolver.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using exporters::testing::ListOf;
using exporters::testing::ListPtr;
using peers::Resolver;

class RpzKnotTest : public exporters::testing::ExporterTest {
 protected:
  explicit RpzKnotTest(std::size_t parts = 1) : parts_(parts) {}

  void SetUp() override {
    upstream_ = peers::Named::Start(peers::Named::Role::primary_only);
    if (!upstream_ || !peers::Find("kzonecheck")) {
      GTEST_SKIP() << "no named or kzonecheck; run ./dev test, or deploy/dev/peers.sh";
    }
    knot_ = peers::Knotd::Start(zone_file_, upstream_->root_zone(), parts_);
    if (!knot_) GTEST_SKIP() << "no Knot DNS; run ./dev test, or deploy/dev/peers.sh";
    for (const auto software : {Resolver::Software::unbound, Resolver::Software::bind}) {
      secondaries_.push_back(Resolver::Following(software, *knot_));
      if (!secondaries_.back()) GTEST_SKIP() << "no Unbound; run deploy/dev/peers.sh";
    }
    exporter_ = Make();
  }

  std::unique_ptr<Exporter> Make(const std::string& replaced = "", const std::string& by = "") {
    std::string yaml =
        knot_->ExporterSettings("answer_timeout: 3s\nload_timeout: 20s\nenforce_timeout: 20s\n",
                                {secondaries_[0]->address(), secondaries_[1]->address()});
    if (!replaced.empty()) {
      const std::size_t at = yaml.find(replaced + ": ") + replaced.size() + 2;
      yaml.replace(at, yaml.find_first_of(",}\n", at) - at, by);
    }
    const auto document = config::Document::Parse(yaml, state_ / "rpz.yaml");
    if (!document) throw std::runtime_error(document.error().detail);
    auto exporter = MakeRpz(document->root(), {"dns", state_.path(), clock_});
    if (!exporter) throw std::runtime_error(exporter.error().detail);
    return std::move(*exporter);
  }

  void EachMustAnswer(const std::string& name, const std::string& status) {
    for (const auto& one : secondaries_) {
      EXPECT_EQ(one->Status(name), status) << name << "\n" << one->Log() << knot_->Log();
    }
  }

  std::size_t Count(const std::string& what) const {
    const std::string log = knot_->Log();
    std::size_t count = 0;
    for (std::size_t at = log.find(what); at != log.npos; at = log.find(what, at + 1)) ++count;
    return count;
  }

  const std::size_t parts_;
  platform::testing::TemporaryFolder state_;
  std::filesystem::path zone_file_ = state_ / "rpz.test.zone";
  platform::SystemClock clock_;
  std::unique_ptr<peers::Named> upstream_;
  std::unique_ptr<peers::Knotd> knot_;
  std::vector<std::unique_ptr<Resolver>> secondaries_;
};

TEST_F(RpzKnotTest, KnowsTheDevice) {
  EXPECT_EQ(exporter_->profile().software.substr(0, 11), "Knot DNS 3.");
}

TEST_F(RpzKnotTest, TakesAChangeAsAnUpdateAndSendsItsSecondariesJustThat) {
  std::vector<std::string> lines{"domain evil.example", "ip 192.0.2.0/24"};
  for (int i = 0; i < 5'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  ApplyWell(ListOf(lines));
  EachMustAnswer("www.evil.example", "NXDOMAIN");
  EachMustAnswer("v4.answer.test", "NXDOMAIN");
  EachMustAnswer("neighbour.example", "NOERROR");
  const auto written = std::filesystem::last_write_time(zone_file_);
  const std::size_t whole = Count("AXFR, outgoing");
  lines.erase(std::find(lines.begin(), lines.end(), "domain n77.example"));
  lines.push_back("domain worse.example");
  ApplyWell(ListOf(lines));
  EachMustAnswer("www.worse.example", "NXDOMAIN");
  EachMustAnswer("n77.example", "NOERROR");
  EXPECT_EQ(std::filesystem::last_write_time(zone_file_), written);
  EXPECT_EQ(Count("AXFR, outgoing"), whole) << knot_->Log();
}

class RpzPartsOnKnotTest : public RpzKnotTest {
 protected:
  RpzPartsOnKnotTest() : RpzKnotTest(4) {}
};

// p0, p1 and p2 have names, p3 addresses.
TEST_F(RpzPartsOnKnotTest, ChangeOfANameGoesThroughItsZoneAlone) {
  std::vector<std::string> lines{"ip 192.0.2.0/24"};
  for (int i = 0; i < 5'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  ApplyWell(ListOf(lines));
  for (const std::string name : {"x.n0.example", "x.n1.example", "x.n4.example"}) {
    EachMustAnswer(name, "NXDOMAIN");
  }
  EachMustAnswer("v4.answer.test", "NXDOMAIN");
  EachMustAnswer("neighbour.example", "NOERROR");
  const std::size_t whole = Count("AXFR, outgoing");
  const std::size_t updates = Count("DDNS, processing");
  lines.erase(std::find(lines.begin(), lines.end(), "domain n77.example"));
  ApplyWell(ListOf(lines));
  EachMustAnswer("n77.example", "NOERROR");
  EXPECT_EQ(Count("DDNS, processing"), updates + 1) << knot_->Log();
  EXPECT_EQ(Count("AXFR, outgoing"), whole) << knot_->Log();
  knot_->Restart();
  EXPECT_TRUE(Held(base_).matches) << Held(base_).how;
}

TEST_F(RpzKnotTest, KeepsTheListOverACrash) {
  ApplyWell(ListOf({"domain evil.example"}));
  const ListPtr list = ListOf({"domain evil.example", "domain worse.example"});
  ApplyWell(list);  // is in the journal only
  knot_->Restart();
  EXPECT_TRUE(Held(list).matches) << Held(list).how;
  ApplyWell(ListOf({"domain worse.example"}));
  EachMustAnswer("evil.example", "NOERROR");
}

TEST_F(RpzKnotTest, ListThatIsMuchLargerComesAsAFile) {
  ApplyWell(ListOf({"domain evil.example"}));
  std::vector<std::string> lines;
  for (int i = 0; i < 3'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  ApplyWell(ListOf(lines));
  EachMustAnswer("n2999.example", "NXDOMAIN");
  EachMustAnswer("evil.example", "NOERROR");
}

TEST_F(RpzKnotTest, E2_ZoneThatTheCheckerRefusesChangesNothing) {
  const ListPtr before = ListOf({"domain evil.example"});
  ApplyWell(before);
  exporter_ = Make("kzonecheck", "/bin/false");
  const ListPtr other = ListOf({"domain other.example"});
  const auto outcome = exporter_->Apply({nullptr, *other, {}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unchanged) << outcome.error().reason;
  EachMustAnswer("evil.example", "NXDOMAIN");
  EXPECT_TRUE(Held(before).matches);
}

// What somebody else put into the zone is not built upon.
TEST_F(RpzKnotTest, E16_ZoneThatSomebodyElseChangedIsShownAndWrittenAnew) {
  const ListPtr list = ListOf({"domain evil.example"});
  ApplyWell(list);
  std::string zone(
      "$ORIGIN rpz.test.\n$TTL 60\n@ SOA localhost. h.localhost. 99 60 30 60 60\n@ NS localhost.\n"
      "good.example CNAME .\n");
  peers::WriteText(zone_file_, zone);
  ASSERT_TRUE(platform::Run(knot_->Reload(), {}));
  const Proof drift = Held(list);
  EXPECT_FALSE(drift.matches);
  ASSERT_EQ(drift.difference.size(), 4U) << drift.how;
  EXPECT_EQ(drift.difference[0], "+rpz.test: good.example CNAME .");
  EXPECT_EQ(drift.difference[2], "-rpz.test: evil.example CNAME .");
  ApplyWell(ListOf({"domain evil.example", "domain other.example"}));
  EachMustAnswer("good.example", "NOERROR");
  EachMustAnswer("other.example", "NXDOMAIN");
}

}  // namespace
}  // namespace exporters
