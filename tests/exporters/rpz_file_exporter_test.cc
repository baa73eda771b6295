// A policy zone in a file, read by resolvers that the exporter then asks.
#include "exporters/rpz/rpz_file_exporter.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "tests/peers/knotd.h"
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

class RpzFileExporterTest : public testing::Test {
 protected:
  void SetUp() override {
    upstream_ = Named::Start(Named::Role::primary_only);
    if (!upstream_) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << "no named";
      GTEST_SKIP() << "no named; run ./dev test, or deploy/dev/peers.sh";
    }
    peers::WriteText(
        zone_file_,
        "$ORIGIN rpz.test.\n@ SOA localhost. h.localhost. 1 60 30 60 60\n@ NS localhost.\n");
    resolver_ = Resolver::Reading(Software::knot, *upstream_, zone_file_);
    if (!resolver_) GTEST_SKIP() << "no Knot Resolver; run ./dev test, or deploy/dev/peers.sh";
    exporter_ = Make("addresses: none\n");
  }

  std::unique_ptr<Exporter> Make(const std::string& more) {
    return Make(more, resolver_->address());
  }

  std::unique_ptr<Exporter> Make(const std::string& more, const std::string& resolvers) {
    auto document = config::Document::Parse(
        "zone: rpz.test\nzone_file: " + zone_file_.string() + "\nresolvers: [" + resolvers +
            "]\nanswer_timeout: 3s\n" +
            (more.find("enforce_timeout") == more.npos ? "enforce_timeout: 10s\n" : "") + more,
        folder_ / "rpz.yaml");
    if (!document) throw std::runtime_error(document.error().detail);
    auto exporter = MakeRpzFile(document->root(), {"dns", folder_.path(), clock_});
    if (!exporter) throw std::runtime_error(exporter.error().detail);
    return std::move(*exporter);
  }

  Proof Enforce(const List& list) {
    const auto outcome = exporter_->Apply({nullptr, *list, {}});
    if (!outcome) throw std::runtime_error(outcome.error().reason + "\n" + resolver_->Log());
    EXPECT_TRUE(outcome->matches) << outcome->how << "\n" << resolver_->Log();
    return *outcome;
  }

  platform::testing::TemporaryFolder folder_;
  std::filesystem::path zone_file_ = folder_ / "rpz.test.zone";
  platform::SystemClock clock_;
  std::unique_ptr<Named> upstream_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Exporter> exporter_;
};

TEST_F(RpzFileExporterTest, KnotResolverBlocksNamesAndTheReceiptSaysThatAddressesAreLeftOut) {
  const Proof proof =
      Enforce(ListOf({"domain evil.example", "domain a_b.test", "ip 192.0.2.0/24"}));
  EXPECT_EQ(proof.enforced, 2U);
  EXPECT_EQ(proof.not_enforceable, 1U);
  EXPECT_NE(proof.how.find("addresses are left out"), std::string::npos) << proof.how;
  for (const std::string name : {"evil.example", "a.b.evil.example", "x.a_b.test"}) {
    EXPECT_EQ(resolver_->Status(name), "NXDOMAIN") << name;
  }
  for (const std::string name : {"neighbour.example", "notevil.example", "v4.answer.test"}) {
    EXPECT_EQ(resolver_->Status(name), "NOERROR") << name;
  }
}

TEST_F(RpzFileExporterTest, ReceiptSaysWhatAResolverIgnores) {
  exporter_ = Make("", "{address: \"" + resolver_->address() + "\", software: knot-resolver}");
  const Proof proof = Enforce(ListOf({"domain evil.example", "ip 192.0.2.0/24"}));
  EXPECT_NE(proof.how.find("; Knot Resolver at " + resolver_->address() +
                           " ignores rules on anything but the name that was asked for"),
            std::string::npos)
      << proof.how;
}

TEST_F(RpzFileExporterTest, KnotResolverTakesAChangeOverAndForgetsWhatIsRevoked) {
  Enforce(ListOf({"domain evil.example", "domain worse.example"}));
  EXPECT_EQ(resolver_->Status("evil.example"), "NXDOMAIN");
  Enforce(ListOf({"domain worse.example"}));
  EXPECT_EQ(resolver_->Status("evil.example"), "NOERROR");
  EXPECT_EQ(resolver_->Status("www.worse.example"), "NXDOMAIN");
}

TEST_F(RpzFileExporterTest, KnotResolverBlocksOnAfterARestartWithoutTheExporter) {
  Enforce(ListOf({"domain evil.example"}));
  exporter_.reset();
  resolver_->Restart();
  EXPECT_EQ(resolver_->Status("www.evil.example"), "NXDOMAIN");
}

TEST_F(RpzFileExporterTest, FileBeforeComesBackWhenAResolverAnswersOtherwise) {
  const List before = ListOf({"domain evil.example"});
  Enforce(before);
  // Stands for a resolver that refuses the new file: it never gets to see it.
  exporter_ = Make("addresses: none\nreload: [" + (folder_ / "reload").string() + "]\n");
  std::ofstream(folder_ / "reload")
      << "#!/bin/sh\ngrep -q other.example " << zone_file_.string()
      << " || exit 0\nsed -i s/v=1/v=0/ " << zone_file_.string() << "\n";
  ::chmod((folder_ / "reload").c_str(), 0700);
  const List other = ListOf({"domain other.example"});
  const auto outcome = exporter_->Apply({nullptr, *other, {}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unchanged) << outcome.error().reason;
  EXPECT_NE(outcome.error().reason.find("is back, and enforced"), std::string::npos)
      << outcome.error().reason;
  EXPECT_EQ(resolver_->Status("evil.example"), "NXDOMAIN");
  EXPECT_TRUE(exporter_->ReadBack(*before)->matches);
  // Else secondaries of a primary that reads the file would not take it back.
  EXPECT_NE(resolver_->Short("rpz.test._sekisho.", "TXT").find("serial=4"), std::string::npos);
}

TEST_F(RpzFileExporterTest, E16_RpzFileShowsWhatSomebodyChanged) {
  const List list = ListOf({"domain evil.example"});
  Enforce(list);
  std::ofstream(zone_file_, std::ios::app) << "good.example CNAME .\n";
  const auto drift = exporter_->ReadBack(*list);
  ASSERT_TRUE(drift) << drift.error().reason;
  EXPECT_FALSE(drift->matches);
  EXPECT_NE(drift->how.find("somebody changed the file"), std::string::npos) << drift->how;
  EXPECT_EQ(drift->difference, std::vector<std::string>{"+rpz.test.zone: good.example CNAME ."});
  Enforce(list);
  EXPECT_EQ(resolver_->Status("good.example"), "NOERROR");
}

TEST_F(RpzFileExporterTest, ZoneOfTheAllowlistLetsThroughWhatMustAlwaysResolve) {
  EXPECT_FALSE(exporter_->profile().lets_through);
  exporter_ = Make("action: passthru\n");
  EXPECT_TRUE(exporter_->profile().lets_through);
  EXPECT_EQ(exporter_->profile().kinds, std::vector<std::string>{"domain"});
  const Proof proof = Enforce(ListOf({"domain neighbour.example", "ip 192.0.2.0/24"}));
  EXPECT_EQ(proof.enforced, 1U);
  EXPECT_EQ(proof.not_enforceable, 1U);
}

TEST_F(RpzFileExporterTest, OtherActionIsProvenByItsOwnAnswers) {
  exporter_ = Make("addresses: none\naction: data\ndata: [192.0.2.80]\n");
  Enforce(ListOf({"domain evil.example"}));
  EXPECT_EQ(resolver_->Short("www.evil.example", "A"), "192.0.2.80\n");
  // Knot Resolver answers such a name as if nobody had listed it.
  exporter_ = Make("addresses: none\nenforce_timeout: 1s\naction: garden\ngarden: block.example\n");
  const auto ignored = exporter_->Apply({nullptr, *ListOf({"domain evil.example"}), {}});
  ASSERT_FALSE(ignored);
  EXPECT_NE(ignored.error().reason.find("it must be an alias of block.example"), std::string::npos)
      << ignored.error().reason;
}

// Unbound looks at the file when it is told to.
TEST_F(RpzFileExporterTest, E17_ResolverThatMissesTheNewFileIsReloadedAndAsked) {
  const auto unbound = Resolver::Reading(Software::unbound, *upstream_, zone_file_);
  if (!unbound) GTEST_SKIP() << "no Unbound; run ./dev test, or deploy/dev/peers.sh";
  exporter_ = Make("enforce_timeout: 1s\n", unbound->address());
  const List list = ListOf({"domain evil.example"});
  const auto missed = exporter_->Apply({nullptr, *list, {}});
  ASSERT_FALSE(missed);
  EXPECT_NE(missed.error().reason.find("does it get its changes?"), std::string::npos)
      << missed.error().reason;
  EXPECT_EQ(unbound->Status("evil.example"), "NOERROR");
  exporter_ = Make("reload: [/bin/kill, -HUP, \"" + std::to_string(unbound->pid()) + "\"]\n",
                   unbound->address());
  Enforce(list);
  EXPECT_EQ(unbound->Status("www.evil.example"), "NXDOMAIN");
}

// The configuration that we ship: only the difference goes to the secondaries.
TEST_F(RpzFileExporterTest, KnotDnsSendsItsSecondariesWhatChangedInTheFile) {
  const auto primary = peers::Knotd::Start(zone_file_, upstream_->root_zone());
  if (!primary) GTEST_SKIP() << "no Knot DNS; run ./dev test, or deploy/dev/peers.sh";
  const auto unbound = Resolver::Following(Software::unbound, *primary);
  const auto bind = Resolver::Following(Software::bind, *primary);
  if (!unbound || !bind) GTEST_SKIP() << "no Unbound; run ./dev test, or deploy/dev/peers.sh";
  exporter_ = Make("reload: " + primary->ReloadCommand() + "\n",
                   unbound->address() + ", " + bind->address());
  std::vector<std::string> lines;
  for (int i = 0; i < 20'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  Enforce(ListOf(lines));
  lines.push_back("domain evil.example");
  const List list = ListOf(lines);
  const Proof proof = Enforce(list);
  EXPECT_NE(proof.how.find("2 of 2 resolvers"), std::string::npos) << proof.how;
  for (const Resolver* one : {unbound.get(), bind.get()}) {
    EXPECT_EQ(one->Status("www.evil.example"), "NXDOMAIN");
    EXPECT_EQ(one->Status("neighbour.example"), "NOERROR");
  }
  EXPECT_NE(primary->Log().find("IXFR, outgoing"), std::string::npos) << primary->Log();
}

// The same bytes for all: whatever one of them would skip or choke on shows here.
TEST_F(RpzFileExporterTest, I8_AllFourResolversLoadTheSameZone) {
  exporter_ = Make("");
  // With `*.` and the zone's name, longer than a name may be: left out, and the zone still loads.
  std::string longest = "x";
  while (longest.size() < 241) longest += longest.size() % 50 == 0 ? '.' : 'x';
  const List list =
      ListOf({"domain " + longest + ".example", "domain evil.example", "domain deep.evil.example",
              "domain xn--bcher-kva.example", "ip 10.0.0.0/8", "ip 192.0.2.0/24",
              "ip 2001:db8::/32", "ip 2001:db9::1:0:0:1/128", "ip ::1/128"});
  EXPECT_EQ(Enforce(list).not_enforceable, 1U);
  for (const auto software : {Software::unbound, Software::powerdns}) {
    const auto other = Resolver::Reading(software, *upstream_, zone_file_);
    if (!other) GTEST_SKIP() << "no Unbound or PowerDNS; run deploy/dev/peers.sh";
    for (const std::string name : {"evil.example", "x.evil.example", "v4.answer.test"}) {
      EXPECT_EQ(other->Status(name), "NXDOMAIN") << name << "\n" << other->Log();
    }
    EXPECT_EQ(other->Status("v6.answer.test", "AAAA"), "NXDOMAIN") << other->Log();
    EXPECT_EQ(other->Status("neighbour.example"), "NOERROR") << other->Log();
    EXPECT_EQ(other->Short("rpz.test._sekisho.", "TXT"),
              resolver_->Short("rpz.test._sekisho.", "TXT"));
  }
  const auto loaded = Named::Start();
  std::filesystem::copy_file(zone_file_, loaded->zone_file(),
                             std::filesystem::copy_options::overwrite_existing);
  loaded->Restart();
  EXPECT_EQ(loaded->Status("x.evil.example"), "NXDOMAIN");
  EXPECT_EQ(loaded->Short("rpz.test._sekisho.", "TXT"),
            resolver_->Short("rpz.test._sekisho.", "TXT"));
  EXPECT_EQ(loaded->Log().find("invalid rpz"), std::string::npos) << loaded->Log();
}

}  // namespace
}  // namespace exporters
