#include "exporters/rpz/rpz_exporter.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/peers/named.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using peers::Named;
using policy::ListSnapshot;
using List = std::shared_ptr<const ListSnapshot>;

List ListOf(std::vector<std::string> lines) {
  return ListSnapshot::FromLines(std::move(lines));
}

// The exporter and a BIND of its own.
class RpzExporterTest : public testing::Test {
 protected:
  void SetUp() override {
    named_ = Named::Start();
    if (!named_) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << "no named";
      GTEST_SKIP() << "no named; run ./dev test, or deploy/dev/peers.sh";
    }
    exporter_ = Make("answer_timeout: 3s\nload_timeout: 20s\nenforce_timeout: 10s\n");
  }

  std::unique_ptr<Exporter> Make(const std::string& more) {
    return MakeFrom(named_->ExporterSettings(more));
  }

  std::unique_ptr<Exporter> MakeFrom(const std::string& yaml) {
    auto document = config::Document::Parse(yaml, state_ / "rpz.yaml");
    if (!document) {
      ADD_FAILURE() << document.error().detail;
      return nullptr;
    }
    auto exporter = MakeRpz(document->root(), {"dns", state_.path(), clock_});
    if (!exporter) {
      ADD_FAILURE() << exporter.error().detail;
      return nullptr;
    }
    return std::move(*exporter);
  }

  Outcome<Proof> ApplyWhole(const List& list) { return exporter_->Apply({nullptr, *list, {}}); }

  Outcome<Proof> ApplyDelta(const List& base, const List& list) {
    return exporter_->Apply({base.get(), *list, policy::Difference(*base, *list)});
  }

  void MustEnforce(const Outcome<Proof>& outcome, std::uint64_t enforced) {
    ASSERT_TRUE(outcome) << outcome.error().reason << "\n" << named_->Log();
    EXPECT_TRUE(outcome->matches) << outcome->how;
    EXPECT_EQ(outcome->enforced, enforced);
  }

  bool IsBlocked(const std::string& name) { return named_->Status(name) == "NXDOMAIN"; }

  platform::testing::TemporaryFolder state_;
  platform::SystemClock clock_;
  std::unique_ptr<Named> named_;
  std::unique_ptr<Exporter> exporter_;
};

std::size_t Count(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

std::string Script(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << "#!/bin/sh\n" << text;
  ::chmod(path.c_str(), 0700);
  return path.string();
}

TEST_F(RpzExporterTest, KnowsTheDevice) {
  const Profile profile = exporter_->profile();
  EXPECT_TRUE(profile.software.starts_with("BIND 9.")) << profile.software;
  EXPECT_EQ(profile.kinds, (std::vector<std::string>{"domain", "ip"}));
}

TEST_F(RpzExporterTest, BlocksNamesAndAllBelowThemAndNothingElse) {
  const auto outcome = ApplyWhole(
      ListOf({"domain evil.example", "domain deep.evil.example", "domain xn--bcher-kva.example",
              "domain a_b.test", "url http://shared.example/bad"}));
  MustEnforce(outcome, 3);
  EXPECT_EQ(outcome->not_enforceable, 1U);
  for (const std::string name : {"evil.example", "www.evil.example", "a.b.c.evil.example",
                                 "deep.evil.example", "xn--bcher-kva.example", "x.a_b.test"}) {
    EXPECT_TRUE(IsBlocked(name)) << name;
  }
  for (const std::string name : {"example", "good.example", "notevil.example", "shared.example",
                                 "evil.example.org", "b.test"}) {
    EXPECT_EQ(named_->Status(name), "NOERROR") << name;
  }
}

TEST_F(RpzExporterTest, BlocksAnswersWithListedAddresses) {
  EXPECT_EQ(named_->Short("v4.answer.test", "A"), "192.0.2.1\n");
  MustEnforce(ApplyWhole(ListOf({"ip 192.0.2.0/24", "ip 2001:db8::/32"})), 2);
  EXPECT_EQ(named_->Status("v4.answer.test", "A"), "NXDOMAIN");
  EXPECT_EQ(named_->Status("v6.answer.test", "AAAA"), "NXDOMAIN");
  EXPECT_EQ(named_->Status("good.example", "A"), "NOERROR");
}

// A BIND that doesn't find a prefix canonical only logs that, and skips it.
TEST_F(RpzExporterTest, WritesPrefixesThatBindTakes) {
  std::vector<std::string> lines{"ip 10.0.0.0/8",
                                 "ip 0.0.0.0/1",
                                 "ip 2001:db8:0:0:1::1/128",
                                 "ip ::1/128",
                                 "ip 1:0:1:1:1:1:1:1/128",
                                 "ip 2001:0:1::/64",
                                 "ip 8000::/1",
                                 "ip 1:1:1:1:1:1:1:0/128",
                                 "ip 2001:db8::1:0:1:0:1/128",
                                 "ip 1:0:0:1:0:0:0:1/128"};
  std::vector<std::string> canonical;
  for (const std::string& line : lines) {
    canonical.push_back("ip " + policy::IpPrefix::Parse(line.substr(3))->ToString());
  }
  MustEnforce(ApplyWhole(ListOf(canonical)), lines.size());
  const std::string log = named_->Log();
  EXPECT_EQ(log.find("canonical"), std::string::npos) << log;
  EXPECT_EQ(log.find("invalid rpz"), std::string::npos) << log;
}

TEST_F(RpzExporterTest, AppliesADeltaWithoutLoadingTheZoneAnew) {
  std::vector<std::string> lines;
  for (int i = 0; i < 100'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  const List before = ListOf(lines);
  MustEnforce(ApplyWhole(before), 100'000);
  lines.erase(lines.begin() + 77);
  lines.push_back("domain one-more.example");
  const List after = ListOf(lines);
  const auto written = std::filesystem::last_write_time(named_->zone_file());
  const std::string loaded = "zone rpz.test/IN: loaded serial";
  const std::size_t loads = Count(named_->Log(), loaded);
  // The first delta after a start reads the list in; a later one is all update.
  MustEnforce(ApplyDelta(before, after), 100'000);
  EXPECT_TRUE(IsBlocked("www.one-more.example"));
  EXPECT_FALSE(IsBlocked("n77.example"));

  lines.push_back("domain and-another.example");
  const List last = ListOf(lines);
  MustEnforce(ApplyDelta(after, last), 100'001);
  EXPECT_TRUE(IsBlocked("and-another.example"));
  EXPECT_EQ(std::filesystem::last_write_time(named_->zone_file()), written);
  EXPECT_EQ(Count(named_->Log(), loaded), loads);
}

TEST_F(RpzExporterTest, TakesALargeDeltaInSeveralUpdates) {
  const List before = ListOf({"domain parent.example", "domain evil.example"});
  MustEnforce(ApplyWhole(before), 2);
  std::vector<std::string> lines{"domain evil.example"};
  for (int i = 0; i < 700; ++i) lines.push_back("domain c" + std::to_string(i) + ".parent.example");
  const List after = ListOf(lines);
  MustEnforce(ApplyDelta(before, after), 701);
  EXPECT_FALSE(IsBlocked("parent.example"));
  EXPECT_TRUE(IsBlocked("c699.parent.example"));
  MustEnforce(ApplyDelta(after, before), 2);
  EXPECT_TRUE(IsBlocked("c699.parent.example"));
  EXPECT_TRUE(IsBlocked("other.parent.example"));
  EXPECT_TRUE(exporter_->ReadBack(*before)->matches);
  EXPECT_FALSE(exporter_->ReadBack(*after)->matches);
}

TEST_F(RpzExporterTest, EmptyListBlocksNothing) {
  const List before = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(before), 1);
  MustEnforce(ApplyDelta(before, ListSnapshot::Empty()), 0);
  EXPECT_FALSE(IsBlocked("evil.example"));
}

TEST_F(RpzExporterTest, LoadsAZoneThatNamedCouldNotLoad) {
  named_->Kill();
  std::ofstream(named_->zone_file()) << "rubbish";
  named_->Restart();
  MustEnforce(ApplyWhole(ListOf({"domain evil.example"})), 1);
  EXPECT_TRUE(IsBlocked("evil.example"));
}

TEST_F(RpzExporterTest, NamedRestartKeepsTheList) {
  const List before = ListOf({"domain evil.example"});
  const List after = ListOf({"domain evil.example", "domain worse.example"});
  MustEnforce(ApplyWhole(before), 1);
  MustEnforce(ApplyDelta(before, after), 2);  // is in the journal only
  named_->Restart();
  const auto proof = exporter_->ReadBack(*after);
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_TRUE(proof->matches) << proof->how;
  EXPECT_TRUE(IsBlocked("worse.example"));
}

TEST(RpzSettingsTest, ReportsAllMistakesInTheSettings) {
  platform::testing::TemporaryFolder folder;
  const platform::SystemClock clock;
  const auto document = config::Document::Parse(
      "zone: 'not a zone'\nprimary: dns.example\nzonefile: x\ntsig_key_file: none.key\n",
      folder / "rpz.yaml");
  ASSERT_TRUE(document);
  const auto exporter = MakeRpz(document->root(), {"dns", folder.path(), clock});
  ASSERT_FALSE(exporter);
  for (const std::string part :
       {"rpz.yaml:1:7", "rpz.yaml:2:10", "zonefile", "zone_file", "none.key"}) {
    EXPECT_NE(exporter.error().detail.find(part), std::string::npos) << part << " in\n"
                                                                     << exporter.error().detail;
  }
}

class ExporterFaults : public RpzExporterTest {
 protected:
  // Replaces one setting.
  std::unique_ptr<Exporter> MakeWith(const std::string& key, const std::string& value) {
    std::string yaml =
        named_->ExporterSettings("answer_timeout: 1s\nload_timeout: 3s\nenforce_timeout: 1s\n");
    const std::size_t at = yaml.find(key + ": ");
    yaml.replace(at, yaml.find('\n', at) - at, key + ": " + value);
    return MakeFrom(yaml);
  }
};

TEST_F(ExporterFaults, E2_RpzValidatorRefusesAndTheOldListStays) {
  const List before = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(before), 1);
  exporter_ = MakeWith("named_checkzone",
                       Script(state_ / "checker", "echo 'line 7: unknown RR type'; exit 1\n"));
  const auto outcome = ApplyWhole(ListOf({"domain other.example"}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unchanged);
  EXPECT_NE(outcome.error().reason.find("line 7: unknown RR type"), std::string::npos)
      << outcome.error().reason;
  EXPECT_TRUE(IsBlocked("evil.example"));
  EXPECT_FALSE(IsBlocked("other.example"));
  EXPECT_TRUE(exporter_->ReadBack(*before)->matches);
}

TEST_F(ExporterFaults, E2_RpzKeyThatNamedDoesNotKnowChangesNothing) {
  const List before = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(before), 1);
  const auto other_key = state_ / "other.key";
  std::ofstream(other_key) << "key \"sekisho\" { algorithm hmac-sha256; secret "
                              "\"YW5vdGhlciBrZXksIG5vdCB0aGUgcmlnaHQgb25lIQ==\"; };\n";
  exporter_ = MakeWith("tsig_key_file", other_key.string());
  const auto outcome = ApplyDelta(before, ListOf({"domain other.example"}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unchanged);
  EXPECT_NE(outcome.error().reason.find("TSIG key 'sekisho'"), std::string::npos)
      << outcome.error().reason;
  EXPECT_TRUE(IsBlocked("evil.example"));
}

// After `rndc freeze` named may still be writing the zone out, and would put the old list over
// ours.
TEST_F(ExporterFaults, E3_RpzZoneThatNamedIsStillWritingOutIsReplacedAfterwards) {
  std::vector<std::string> lines;
  for (int i = 0; i < 100'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  const auto many = ListOf(lines);
  MustEnforce(ApplyWhole(many), many->size());
  const auto other = ListOf({"domain other.example"});
  for (int round = 0; round < 3; ++round) {
    const List& list = round % 2 == 0 ? other : many;
    // Somebody's change, which named has in its journal only.
    ASSERT_TRUE(named_->Update("update add by-hand" + std::to_string(round) +
                               ".example.rpz.test 60 CNAME ."));
    MustEnforce(ApplyWhole(list), list->size());
  }
  named_->Restart();
  EXPECT_TRUE(IsBlocked("other.example"));
  EXPECT_FALSE(IsBlocked("n7.example"));
  MustEnforce(exporter_->ReadBack(*other), 1);
}

TEST_F(ExporterFaults, E3_RpzZoneThatADeadExporterLeftFrozenConverges) {
  const List before = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(before), 1);
  ASSERT_EQ(std::system((named_->Rndc() + " freeze rpz.test >/dev/null 2>&1").c_str()), 0);
  std::filesystem::rename(named_->zone_file(), named_->zone_file().string() + ".previous");
  std::ofstream(named_->zone_file()) << "never loaded";
  EXPECT_TRUE(exporter_->ReadBack(*before)->matches);
  const List after = ListOf({"domain other.example"});
  MustEnforce(ApplyDelta(before, after), 1);
  EXPECT_TRUE(IsBlocked("other.example"));
  MustEnforce(ApplyDelta(after, before), 1);  // takes updates again
  EXPECT_EQ(Count(named_->Log(), "zone rpz.test/IN: loaded serial"), 3U) << named_->Log();
}

TEST_F(ExporterFaults, E2_RpzWithoutNamedChangesNothing) {
  const List before = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(before), 1);
  named_->Kill();
  const auto outcome = ApplyDelta(before, ListOf({"domain other.example"}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unchanged);
  EXPECT_FALSE(exporter_->ReadBack(*before));
  named_->Restart();
  EXPECT_TRUE(exporter_->ReadBack(*before)->matches);
}

TEST_F(ExporterFaults, E3_RpzFileThatNamedCannotLoadIsTakenBack) {
  const List before = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(before), 1);
  // Thaws without having named read the new file, so that its serial never comes.
  const std::string rndc = named_->Rndc();
  exporter_ = MakeWith(
      "  program",
      Script(state_ / "rndc", "case \"$*\" in *thaw*) [ -f \"" + (state_ / "failed").string() +
                                  "\" ] || { touch \"" + (state_ / "failed").string() +
                                  "\"; exit 0; } ;; esac\nexec " + rndc.substr(0, rndc.find(' ')) +
                                  " \"$@\"\n"));
  const auto outcome = ApplyWhole(ListOf({"domain other.example"}));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().device, DeviceState::unknown);
  EXPECT_NE(outcome.error().reason.find("is back"), std::string::npos) << outcome.error().reason;
  EXPECT_TRUE(exporter_->ReadBack(*before)->matches);
  named_->Restart();
  EXPECT_TRUE(IsBlocked("evil.example"));
  EXPECT_FALSE(IsBlocked("other.example"));
}

TEST_F(ExporterFaults, E10_RpzSerialPassesTheOneFromBeforeARestoredBackup) {
  const List list = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(list), 1);
  std::filesystem::copy_file(named_->zone_file(), state_ / "backup");
  List now = list;
  for (int i = 0; i < 5; ++i) {
    const List next = ListOf({"domain evil.example", "domain n" + std::to_string(i) + ".example"});
    MustEnforce(ApplyDelta(now, next), 2);
    now = next;
  }
  const auto serial = [&] {
    std::istringstream soa(named_->Short("rpz.test", "SOA"));
    std::string primary, contact;
    std::uint32_t value = 0;
    soa >> primary >> contact >> value;
    return value;
  };
  const std::uint32_t last = serial();
  named_->Kill();
  std::filesystem::copy_file(state_ / "backup", named_->zone_file(),
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::remove(named_->zone_file().string() + ".jnl");
  named_->Restart();
  ASSERT_LT(serial(), last);
  const auto drift = exporter_->ReadBack(*now);
  ASSERT_TRUE(drift);
  EXPECT_FALSE(drift->matches);
  MustEnforce(ApplyDelta(list, now), 2);
  EXPECT_GT(serial(), last);
}

using Difference = std::vector<std::string>;

TEST_F(ExporterFaults, E16_RpzRecordThatSomebodyAddedIsShownAndGoes) {
  const List list = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(list), 1);
  ASSERT_TRUE(named_->Update("update add good.example.rpz.test 60 CNAME ."));
  EXPECT_TRUE(IsBlocked("good.example"));
  const auto drift = exporter_->ReadBack(*list);
  ASSERT_TRUE(drift) << drift.error().reason;
  EXPECT_FALSE(drift->matches);
  EXPECT_NE(drift->how.find("somebody else"), std::string::npos) << drift->how;
  EXPECT_EQ(drift->difference, Difference{"+rpz.test: good.example CNAME ."});
  // Nothing is built upon a zone that isn't the base: it is written anew.
  const List next = ListOf({"domain evil.example", "domain other.example"});
  MustEnforce(ApplyDelta(list, next), 2);
  EXPECT_FALSE(IsBlocked("good.example"));
}

// Of a zone that takes several messages to read.
TEST_F(ExporterFaults, E16_RpzRecordThatSomebodyRemovedIsShown) {
  std::vector<std::string> lines{"domain evil.example", "ip 192.0.2.0/24", "ip 2001:db8::/32"};
  for (int i = 0; i < 20'000; ++i) lines.push_back("domain n" + std::to_string(i) + ".example");
  const List list = ListOf(lines);
  MustEnforce(ApplyWhole(list), lines.size());
  ASSERT_TRUE(named_->Update("update delete evil.example.rpz.test"));
  const auto drift = exporter_->ReadBack(*list);
  ASSERT_TRUE(drift) << drift.error().reason;
  EXPECT_FALSE(drift->matches);
  EXPECT_EQ(drift->difference, Difference{"-rpz.test: evil.example CNAME ."}) << drift->how;
}

TEST_F(ExporterFaults, E16_RpzZoneThatCannotBeReadIsDriftAllTheSame) {
  const List list = ListOf({"domain evil.example"});
  MustEnforce(ApplyWhole(list), 1);
  named_->TransferByTls();  // and in no other way
  ASSERT_TRUE(named_->Update("update delete evil.example.rpz.test"));
  const auto drift = exporter_->ReadBack(*list);
  ASSERT_TRUE(drift) << drift.error().reason;
  EXPECT_FALSE(drift->matches);
  EXPECT_NE(drift->how.find("what differs can't be shown: the primary answers REFUSED"),
            std::string::npos)
      << drift->how;
}

TEST_F(ExporterFaults, E5_RpzThatNoResolverEnforcesIsNoProof) {
  const List list = ListOf({"domain evil.example"});
  // Another resolver, which knows nothing of the zone.
  const auto other = Named::Start();
  exporter_ = MakeWith("resolvers", "[127.0.0.1:" + std::to_string(other->port()) + "]");
  const auto outcome = ApplyWhole(list);
  ASSERT_TRUE(outcome) << outcome.error().reason;
  EXPECT_FALSE(outcome->matches);
  EXPECT_NE(outcome->how.find("response-policy"), std::string::npos) << outcome->how;
}

}  // namespace
}  // namespace exporters
