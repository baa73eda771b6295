// Invariant 7: what is on record is true, and what devices enforce is what is on record, or
// somebody is told.

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent/history/checkpoint.h"
#include "agent/history/verifier.h"
#include "agent/store/sqlite_store.h"
#include "platform/subprocess.h"
#include "policy/result.h"
#include "tests/e2e/site_test.h"
#include "tests/peers/peers.h"

namespace e2e {
namespace {

namespace fs = std::filesystem;

class EvidenceTest : public SiteTest {
 protected:
  // The history's entries of one action, as the agent tells them.
  std::vector<nlohmann::json> Entries(const std::string& action) {
    std::vector<nlohmann::json> entries;
    const auto listed = site_->Run({"history", "list", "--limit", "10000", "-o", "json"}, "audit");
    EXPECT_EQ(listed.exit, 0) << listed;
    const auto json = listed.Json();
    for (const auto& entry : json.at("entries")) {
      const auto leaf = nlohmann::json::parse(entry.at("leaf").get<std::string>());
      if (leaf.at("action") == action) entries.push_back(entry);
    }
    return entries;
  }

  bool HasDrifted(const std::string& device) {
    for (const auto& entry : Entries("device.drift")) {
      if (entry.at("leaf").get<std::string>().find("device:" + device) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  // Changes one byte of a leaf, as somebody with access to the file could.
  void ChangeLeaf(std::uint64_t index, const std::string& from, const std::string& to) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open(site_->store_file().c_str(), &opened);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, sqlite3_close);
    ASSERT_EQ(code, SQLITE_OK);
    sqlite3_busy_timeout(opened, 10'000);
    const std::string sql = "UPDATE leaf SET leaf = replace(leaf, '" + from + "', '" + to +
                            "') WHERE idx = " + std::to_string(index);
    ASSERT_EQ(sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(opened);
    ASSERT_EQ(sqlite3_changes(opened), 1);
  }

  void EditByHand(const std::string& device) {
    if (device == "dns") {
      ASSERT_TRUE(site_->named().Update("update delete evil.example.rpz.test"));
    } else if (device == "edge") {
      site_->haproxy().Ask("del map " + (site_->haproxy_maps() / "names.map").string() +
                           " evil.example");
    } else if (device == "firewall") {
      const auto edited = platform::Run(
          {peers::Find("ip")->string(), "netns", "exec", site_->network_pair()->inside(),
           peers::Find("nft")->string(), "delete", "table", "inet", "sekisho"},
          {});
      ASSERT_TRUE(edited && edited->exit_code == 0);
    } else if (device == "proxy") {
      std::ofstream(site_->squid_lists() / "requests.list", std::ios::trunc) << "";
    }
  }
};

TEST_F(EvidenceTest, E16_Invariant7_WhatIsChangedOnADeviceByHandIsReportedAndMended) {
  StartSmallSite();
  Approve("evil");
  Approve("198.51.100.23");
  for (const std::string& device : site_->devices()) {
    if (device == "lists") continue;  // nobody can edit what it serves
    SCOPED_TRACE(device);
    ASSERT_NO_FATAL_FAILURE(EditByHand(device));
    EXPECT_TRUE(Eventually([&] { return HasDrifted(device); })) << Devices();
  }
  for (const std::string& line : Targets()) {
    EXPECT_TRUE(Eventually([&] { return site_->BlockedEverywhere(line); })) << line << Devices();
  }
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  ExpectGoodHistory();
}

TEST_F(EvidenceTest, E16_Invariant7_WhatIsChangedOnADeviceByHandIsOnlyReportedIfSoConfigured) {
  SiteOptions options;
  options.on_drift = "report";
  StartSmallSite(options);
  if (site_->devices().count("dns") == 0) GTEST_SKIP() << site_->missing();
  Approve("evil");
  ASSERT_NO_FATAL_FAILURE(EditByHand("dns"));
  EXPECT_TRUE(Eventually([&] {
    const auto checked = site_->Run({"device", "list", "--check", "-o", "json"});
    return checked.exit == 6 && checked.out.find("\"drift\"") != std::string::npos;
  })) << Devices();
  EXPECT_NE(site_->Blocking(domain), site_->Blockers(domain));
}

TEST_F(EvidenceTest, A1_AChangedEntryOfTheHistoryIsNamed) {
  StartSmallSite();
  const auto added =
      site_->Run({"block", "add", "forged.example", "--reason", "seen on monday", "-o", "json"});
  ASSERT_EQ(added.exit, 0) << added;
  Approve("evil");
  ExpectGoodHistory();
  const auto entries =
      site_->Run({"history", "list", "--subject", "forged.example", "-o", "json"}, "audit");
  ASSERT_EQ(entries.exit, 0) << entries;
  ASSERT_EQ(entries.Json().at("entries").size(), 1U) << entries;
  const auto entry = entries.Json().at("entries").front();
  const std::uint64_t index = std::stoull(entry.at("index").get<std::string>());
  ASSERT_NE(entry.at("leaf").get<std::string>().find("alice"), std::string::npos) << entry;

  ASSERT_NO_FATAL_FAILURE(ChangeLeaf(index, "alice", "alicf"));
  // A running agent has no reason to look, but whoever verifies finds out.
  const auto verified = site_->VerifyHistory();
  EXPECT_EQ(verified.exit, 6) << verified;
  EXPECT_EQ(verified.Json().at("ok"), false);
  EXPECT_EQ(verified.Json().at("first_bad_index"), std::to_string(index));
  EXPECT_EQ(verified.Json().at("bad_before"), std::to_string(index + 1));

  // A starting one looks, and goes no further; devices keep what they have.
  EXPECT_EQ(site_->agent().Stop(), 0);
  site_->agent().Start();
  const auto code = site_->agent().AwaitEnd();
  ASSERT_TRUE(code.has_value()) << "the agent runs on a history that was changed";
  EXPECT_EQ(*code, 1);
  EXPECT_NE(site_->agent().Log().find("history"), std::string::npos) << site_->agent().Log();
  std::cout << site_->agent().Log().substr(site_->agent().Log().rfind("sekisho-agent:"));
  ExpectBlockedEverywhere({domain, url});

  const auto store = agent::store::OpenSqlite(site_->store_file());
  ASSERT_TRUE(store.has_value()) << store.error().detail;
  const auto reader = (*store)->Read();
  ASSERT_TRUE(reader.has_value());
  const auto key = agent::history::VerifierKey::Parse(site_->history_key());
  ASSERT_TRUE(key.has_value());
  const auto report = agent::history::VerifyStore(**reader, {*key});
  ASSERT_TRUE(report.has_value()) << report.error().detail;
  EXPECT_FALSE(report->ok);
  EXPECT_EQ(report->first_bad_index, index);
  EXPECT_EQ(report->bad_before, index + 1);
}

}  // namespace
}  // namespace e2e
