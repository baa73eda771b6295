// The RPZ exporter with a list in several zones of a real BIND.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "exporters/assembler.h"
#include "exporters/keeper.h"
#include "exporters/last_known_good.h"
#include "exporters/rpz/parts.h"
#include "exporters/rpz/rpz_exporter.h"
#include "tests/exporters/exporter_test.h"
#include "tests/exporters/signed_updates.h"
#include "tests/peers/named.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using peers::Named;
using testing::ListOf;
using testing::ListPtr;

constexpr std::size_t parts = 4;  // p0, p1 and p2 for names, p3 for addresses

class RpzSeveralZonesTest : public testing::ExporterTest {
 protected:
  void SetUp() override {
    named_ = Named::Start(Named::Role::primary_and_resolver, parts);
    if (!named_) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << "no named";
      GTEST_SKIP() << "no named; run ./dev test, or deploy/dev/peers.sh";
    }
    exporter_ = Make(Settings());
  }

  std::string Settings() const {
    return named_->ExporterSettings("answer_timeout: 3s\nload_timeout: 20s\nenforce_timeout: 5s\n");
  }

  std::unique_ptr<Exporter> Make(const std::string& yaml) {
    auto document = config::Document::Parse(yaml, state_ / "rpz.yaml");
    if (!document) throw std::runtime_error(document.error().detail);
    auto exporter = MakeRpz(document->root(), {"dns", state_.path(), clock_});
    if (!exporter) throw std::runtime_error(exporter.error().detail);
    return std::move(*exporter);
  }

  // One whose rndc fails where its arguments match `pattern`.
  std::unique_ptr<Exporter> MakeFailing(const std::string& pattern) {
    const std::string rndc = named_->Rndc();
    const std::string program = rndc.substr(0, rndc.find(' '));
    const auto script = state_ / "rndc";
    std::ofstream(script) << "#!/bin/sh\ncase \"$*\" in " << pattern
                          << ") echo broken; exit 1 ;; esac\nexec " << program << " \"$@\"\n";
    ::chmod(script.c_str(), 0700);
    std::string yaml = Settings();
    const std::string setting = "  program: ";
    yaml.replace(yaml.find(setting) + setting.size(), program.size(), script.string());
    return Make(yaml);
  }

  // Of all zones, in their order.
  std::vector<std::uint32_t> Serials() const {
    std::vector<std::uint32_t> serials;
    for (const std::string& zone : named_->policy_zones()) {
      std::istringstream soa(named_->Short(zone, "SOA"));
      std::string primary, contact;
      soa >> primary >> contact >> serials.emplace_back();
    }
    return serials;
  }

  bool IsBlocked(const std::string& name) const { return named_->Status(name) == "NXDOMAIN"; }

  platform::testing::TemporaryFolder state_;
  platform::SystemClock clock_;
  std::unique_ptr<Named> named_;
};

// A name of each part, and one address.
const std::vector<std::string> lines{"domain n1.example", "domain n0.example", "domain n4.example",
                                     "ip 192.0.2.0/24"};

std::vector<std::string> With(const std::string& line) {
  std::vector<std::string> more = lines;
  more.push_back(line);
  return more;
}

TEST_F(RpzSeveralZonesTest, EnforcesOneListInAllZones) {
  for (std::size_t part = 0; part < parts; ++part) EXPECT_EQ(rpz::PartOf(lines[part], parts), part);
  std::vector<std::string> all = With("url http://shared.example/bad");
  all.push_back("domain deep.n4.example");  // the name above it covers it
  const ListPtr list = ListOf(all);
  ApplyWell(list);
  const Proof proof = Held(list);
  EXPECT_EQ(proof.enforced, 4U);
  EXPECT_EQ(proof.not_enforceable, 1U);
  EXPECT_EQ(proof.how.find("4 zones with SOA serial 2; 1 of 1 resolvers"), 0U) << proof.how;
  for (const std::string name :
       {"n0.example", "x.n1.example", "a.deep.n4.example", "v4.answer.test"}) {
    EXPECT_TRUE(IsBlocked(name)) << name;
  }
  EXPECT_FALSE(IsBlocked("shared.example"));
  for (const std::string& zone : named_->policy_zones()) {
    EXPECT_NE(named_->Short(zone + "._sekisho.", "TXT").find("digest="), std::string::npos) << zone;
  }
}

TEST_F(RpzSeveralZonesTest, RendersAFileForEachZone) {
  const auto artifact = exporter_->Render(*ListOf(lines));
  ASSERT_TRUE(artifact) << artifact.error().detail;
  ASSERT_EQ(artifact->files.size(), parts);
  EXPECT_EQ(artifact->enforced, 4U);
  EXPECT_EQ(artifact->files[3].name, "p3.rpz.zone");
  EXPECT_EQ(artifact->files[3].bytes.find("$ORIGIN p3.rpz.test.\n"), 0U);
  EXPECT_NE(artifact->files[3].bytes.find("24.0.2.0.192.rpz-ip"), std::string::npos);
  EXPECT_EQ(artifact->files[3].bytes.find("example"), std::string::npos);
}

TEST_F(RpzSeveralZonesTest, ChangeOfANameTouchesItsZoneAlone) {
  ApplyWell(ListOf(lines));
  const auto before = Serials();
  ApplyWell(ListOf(With("domain n6.example")));  // of p0
  const auto after = Serials();
  EXPECT_EQ(after, (std::vector<std::uint32_t>{before[0] + 1, before[1], before[2], before[3]}));
  EXPECT_TRUE(IsBlocked("www.n6.example"));
  // Another exporter goes on from what it reads.
  exporter_ = Make(Settings());
  ApplyWell(ListOf(lines));
  EXPECT_EQ(Serials(),
            (std::vector<std::uint32_t>{before[0] + 2, before[1], before[2], before[3]}));
  EXPECT_FALSE(IsBlocked("www.n6.example"));
  EXPECT_TRUE(IsBlocked("www.n1.example"));
}

TEST_F(RpzSeveralZonesTest, NamesComeBackWhenTheNameAboveThemGoes) {
  const ListPtr below =
      ListOf({"domain a.n4.example", "domain b.a.n4.example", "domain n0.example"});
  const ListPtr both = ListOf(
      {"domain a.n4.example", "domain b.a.n4.example", "domain n0.example", "domain n4.example"});
  ApplyWell(below);
  EXPECT_FALSE(IsBlocked("n4.example"));
  ApplyWell(both);
  EXPECT_EQ(Held(both).enforced, 2U);
  EXPECT_TRUE(IsBlocked("other.n4.example"));
  ApplyWell(below);
  EXPECT_FALSE(IsBlocked("other.n4.example"));
  EXPECT_TRUE(IsBlocked("b.a.n4.example"));
}

TEST_F(RpzSeveralZonesTest, LargeChangeAndEmptyListReachAllZones) {
  ApplyWell(ListOf(lines));
  std::vector<std::string> many = lines;
  for (int i = 10; i < 5'000; ++i) many.push_back("domain n" + std::to_string(i) + ".example");
  ApplyWell(ListOf(many));
  EXPECT_TRUE(IsBlocked("n4999.example"));
  ApplyWell(policy::ListSnapshot::Empty());
  for (const std::string name : {"n0.example", "n1.example", "n4.example", "v4.answer.test"}) {
    EXPECT_FALSE(IsBlocked(name)) << name;
  }
}

// BIND says by which zone: any of ours, but nobody else's.
TEST_F(RpzSeveralZonesTest, FindsWhatAnyOfItsZonesBlocksThoughItMustWork) {
  named_->AddPolicyZones("vendor.example");
  ApplyWell(ListOf(lines));
  const auto target = [](const std::string& text) { return policy::GuessIndicator(text).value(); };
  EXPECT_TRUE(IsBlocked("vendor.example"));
  const auto blocked = exporter_->Blocked({target("www.n1.example"), target("www.n4.example"),
                                           target("vendor.example"), target("good.example"),
                                           target("v4.answer.test")});
  ASSERT_TRUE(blocked) << blocked.error().reason;
  EXPECT_EQ(*blocked, (std::vector{target("www.n1.example"), target("www.n4.example"),
                                   target("v4.answer.test")}));
}

class ExporterFaults : public RpzSeveralZonesTest {
 protected:
  Keeper MakeKeeper() {
    return {*exporter_, LastKnownGood(state_.path(), 100'000), OnDrift::restore, "dns",
            keeper_clock_};
  }

  platform::ManualClock keeper_clock_{testing::now};
};

TEST_F(ExporterFaults, E16_RpzRecordThatSomebodyAddedToOneOfTheZonesIsShownAndGoes) {
  const ListPtr list = ListOf(lines);
  ApplyWell(list);
  ASSERT_TRUE(named_->Update("update add good.example.p2.rpz.test 60 CNAME .", "p2.rpz.test"));
  EXPECT_TRUE(IsBlocked("good.example"));
  const Proof drift = Held(list);
  EXPECT_FALSE(drift.matches);
  EXPECT_EQ(drift.how.find("1 of 4 zones differ: p2.rpz.test: SOA serial 3, but we last wrote 2"),
            0U)
      << drift.how;
  EXPECT_EQ(drift.difference, std::vector<std::string>{"+p2.rpz.test: good.example CNAME ."});
  // A change elsewhere finds it, too.
  const auto before = Serials();
  ApplyWell(ListOf(With("domain n6.example")));
  EXPECT_FALSE(IsBlocked("good.example"));
  const auto after = Serials();
  EXPECT_EQ(after[1], before[1]);
  EXPECT_EQ(after[3], before[3]);
}

TEST_F(ExporterFaults, E2_RpzZoneThatRefusesAfterAnotherTookItsPartLeavesTheDeviceChanged) {
  const ListPtr before = ListOf(lines);
  ApplyWell(before);
  exporter_ = MakeFailing("*'freeze p2.'*");
  const ListPtr other = ListOf({"domain n6.example", "domain n8.example", "domain evil.example"});
  const auto outcome = exporter_->Apply({nullptr, *other, {}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::changed);
  EXPECT_NE(outcome.error().reason.find("rndc freeze p2.rpz.test"), std::string::npos)
      << outcome.error().reason;
  const Proof held = Held(before);
  EXPECT_FALSE(held.matches);
  EXPECT_EQ(held.how.find("2 of 4 zones differ: p0.rpz.test: "), 0U) << held.how;

  exporter_ = MakeFailing("*'freeze p0.'*");
  const auto first = exporter_->Apply({nullptr, *before, {}});
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().device, DeviceState::unchanged);
}

// Some zones have the next list, the others the one before: the last known good comes back.
TEST_F(ExporterFaults, E3_RpzExporterThatDiedBetweenItsZonesRestoresTheLastKnownGood) {
  const testing::Signer signer;
  const ListPtr good = ListOf(lines);
  const ListPtr next = ListOf({"domain n6.example", "domain n8.example", "domain evil.example"});
  const auto update = [&](std::uint64_t release, const ListPtr& list, const HeldList* held) {
    Assembler assembler(signer.public_key(), 100'000);
    auto made = assembler.Add(signer.WholeList("n", release, list), held, testing::now);
    return std::move(**made);
  };
  {
    Keeper keeper = MakeKeeper();
    const auto taken = keeper.Take(update(1, good, nullptr)).outcome;
    ASSERT_TRUE(taken) << taken.error().reason;
    LastKnownGood store(state_.path(), 100'000);
    ASSERT_TRUE(store.StoreNext(update(2, next, keeper.held().get()).held));
  }
  exporter_ = MakeFailing("*'freeze p2.'*");
  ASSERT_FALSE(exporter_->Apply({nullptr, *next, {}}));
  EXPECT_TRUE(IsBlocked("n6.example"));  // in p0
  EXPECT_TRUE(IsBlocked("n4.example"));  // in p2

  exporter_ = Make(Settings());
  Keeper keeper = MakeKeeper();
  const auto receipt = keeper.Start();
  ASSERT_TRUE(receipt);
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(receipt->release, 1U) << receipt->read_back;
  EXPECT_EQ(receipt->enforced, 4U);
  EXPECT_FALSE(IsBlocked("n6.example"));
  for (const std::string name : {"n0.example", "n1.example", "n4.example", "v4.answer.test"}) {
    EXPECT_TRUE(IsBlocked(name)) << name;
  }
  EXPECT_TRUE(Held(good).matches);
}

// And where all of them had it, it is the next one that counts.
TEST_F(ExporterFaults, E3_RpzExporterThatDiedAfterItsLastZoneGoesOnWithTheNextList) {
  const testing::Signer signer;
  const ListPtr next = ListOf(With("domain evil.example"));
  Assembler assembler(signer.public_key(), 100'000);
  const auto made = assembler.Add(signer.WholeList("n", 2, next), nullptr, testing::now);
  LastKnownGood store(state_.path(), 100'000);
  ASSERT_TRUE(store.StoreNext((**made).held));
  ApplyWell(next);
  exporter_ = Make(Settings());
  const auto receipt = MakeKeeper().Start();
  ASSERT_TRUE(receipt);
  EXPECT_FALSE(receipt->drift) << receipt->read_back;
  EXPECT_EQ(receipt->release, 2U);
}

}  // namespace
}  // namespace exporters
