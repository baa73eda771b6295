// The main job from end to end: a real feed, real allowlists, people's approval, real devices.

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "policy/allowlist.h"
#include "policy/digest.h"
#include "policy/release.h"
#include "tests/e2e/sample.h"
#include "tests/e2e/site_test.h"
#include "tests/policy/real_allowlists.h"

namespace e2e {
namespace {

namespace fs = std::filesystem;

constexpr const char* dump_name = "urlhaus/csv_recent_2026-03-15.csv.zst";

bool HasRealData() {
  return fs::exists(RealDataPath(dump_name)) && fs::exists(RealDataPath("warninglists"));
}

class MainJobTest : public SiteTest {
 protected:
  void StartSite() {
    SiteOptions options;
    // The dump is kept, and grows old.
    options.policy =
        "{version: \"1\", confidence_min: 50, ages: {domain: 3650d, ip: 3650d, "
        "url: 3650d}}";
    options.devices = {"dns", "proxy", "edge", "firewall", "lists", "bouncer"};
    MakeSite(options);
    if (HasRealData()) {
      AddRealData();
    } else {
      std::cout << RealDataPath("") << " is absent: the sample has to do\n";
      AddSample();
    }
    site_->Start();
  }

  void AddRealData() {
    site_->AddFeed("urlhaus", "urlhaus-csv", Decompressed(RealDataPath(dump_name)));
    for (const RealList& list : RealLists()) {
      site_->AddAllowlist(list.folder, "misp-warninglist", ReadWholeFile(RealListPath(list.folder)),
                          std::string(policy::Name(list.category)),
                          std::string(policy::Name(list.effect)));
    }
    suffixes_.emplace(*policy::PublicSuffixList::Parse(
        ReadWholeFile("/usr/share/publicsuffix/public_suffix_list.dat")));
    allowlist_.emplace(CompileRealLists(*suffixes_));
  }

  void AddSample() {
    const fs::path config = fs::path(SEKISHO_SOURCE_DIR) / "config";
    site_->AddFeed("urlhaus", "urlhaus-csv",
                   WithTimes(ReadWholeFile(config / "sample/urlhaus.csv.in")));
    suffixes_.emplace(*policy::PublicSuffixList::Parse(
        ReadWholeFile("/usr/share/publicsuffix/public_suffix_list.dat")));
    policy::Allowlist::Builder builder(*suffixes_);
    for (const char* name : {"cdn", "hosting", "legitimate-service", "proxy"}) {
      const std::string text = ReadWholeFile(config / "allowlist" / (std::string(name) + ".txt"));
      site_->AddAllowlist(name, "plain", text, name, "url-only");
      builder.Add({name, policy::ParseAllowCategory(name).value(), policy::AllowEffect::url_only},
                  policy::ParsePlainAllowlist(text)->entries);
    }
    allowlist_.emplace(std::move(builder).Build());
  }

  // All pending proposals, page by page, as lines.
  std::vector<std::string> Queue(const std::string& filter = "") {
    std::vector<std::string> lines;
    for (std::string token;;) {
      std::vector<std::string> words{"queue", "list", "--limit", "5000", "-o", "json"};
      if (!filter.empty()) words.insert(words.end(), {"--filter", filter});
      if (!token.empty()) words.insert(words.end(), {"--page-token", token});
      const auto page = site_->Run(words);
      EXPECT_EQ(page.exit, 0) << page.err;
      if (page.exit != 0) return lines;
      const auto json = page.Json();
      for (const auto& proposal : json.at("proposals")) {
        lines.push_back(proposal.at("kind").get<std::string>() + " " +
                        proposal.at("indicator").get<std::string>());
      }
      token = json.at("next_page_token");
      if (token.empty()) return lines;
    }
  }

  // Whether an entry speaks against blocking more than single URLs.
  bool IsSpared(const std::string& line) const {
    const auto target = policy::ParseLine(line).value();
    std::vector<policy::AllowHit> hits;
    if (const auto* name = std::get_if<policy::Domain>(&target)) hits = allowlist_->Find(*name);
    if (const auto* ip = std::get_if<policy::IpPrefix>(&target)) hits = allowlist_->Find(*ip);
    for (const policy::AllowHit& hit : hits) {
      if (hit.source->effect != policy::AllowEffect::review) return true;
    }
    return false;
  }

  // In the Internet of the firewall, so that it makes a difference whether they are blocked.
  void MakeReachable(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      if (!line.starts_with("ip ") || site_->network_pair() == nullptr) continue;
      const std::string address = line.substr(3, line.find('/') - 3);
      site_->Route(address);
      EXPECT_TRUE(site_->network_pair()->Reaches(address)) << address;
    }
  }

  // The first few that start so.
  static std::vector<std::string> Some(const std::vector<std::string>& lines,
                                       const std::string& start, std::size_t count) {
    std::vector<std::string> some;
    for (const std::string& line : lines) {
      if (some.size() < count && line.starts_with(start)) some.push_back(line);
    }
    return some;
  }

  void ExpectProofs() {
    const auto devices = site_->Run({"device", "list", "-o", "json"});
    ASSERT_EQ(devices.exit, 0) << devices;
    const auto json = devices.Json();
    for (const auto& device : json.at("devices")) {
      EXPECT_EQ(device.at("state"), "current") << device;
      EXPECT_EQ(device.at("digest"), site_->Digest(device.at("list"))) << device;
      EXPECT_FALSE(device.at("read_back").get<std::string>().empty()) << device;
    }
    EXPECT_EQ(json.at("devices").size(), site_->devices().size());
  }

  std::optional<policy::PublicSuffixList> suffixes_;
  std::optional<policy::Allowlist> allowlist_;
};

TEST_F(MainJobTest, BringsARealFeedToRealDevices) {
  StartSite();
  const auto queue = Queue();
  ASSERT_GT(queue.size(), HasRealData() ? 3000U : 5U);
  bool has_github = false;
  for (const std::string& line : queue) {
    EXPECT_FALSE(IsSpared(line)) << line;
    if (line.find("//github.com/") != line.npos) has_github = line.starts_with("url ");
  }
  EXPECT_TRUE(has_github) << "its URLs are in the feed, and may be blocked";

  std::vector<std::string> looked_at;
  const auto for_one = Queue("two:no");
  for (const char* start : {"domain ", "ip ", "url http://", "url https://github.com/"}) {
    const auto some = Some(for_one, start, 2);
    looked_at.insert(looked_at.end(), some.begin(), some.end());
  }
  const auto for_two = Some(Queue("two:yes"), "", 2);
  MakeReachable(looked_at);
  MakeReachable(for_two);
  ExpectBlockedNowhere(looked_at);

  // What is on a list that asks for a second look waits for a second person.
  Approve("feed:urlhaus confidence>=50");
  if (queue.size() > 1000) {  // so many at once take two people, whatever they are
    ExpectBlockedNowhere(looked_at);
    Approve("two:no", {}, "bob");
  }
  ExpectBlockedEverywhere(looked_at);
  ExpectBlockedNowhere(for_two);
  ExpectProofs();
  EXPECT_EQ(site_->Lines("all").size(), for_one.size());
  Approve("two:yes", {}, "bob");
  ExpectBlockedEverywhere(for_two);
  ExpectProofs();
  EXPECT_EQ(site_->Lines("all").size(), queue.size());
  EXPECT_EQ(Queue(), std::vector<std::string>{});
  // An auditor can redo it with sha256sum.
  EXPECT_EQ(policy::ToHex(policy::Sha256Of(site_->Download("lists.canonical.txt"))),
            site_->Digest("all"));
  ExpectGoodHistory();
}

}  // namespace
}  // namespace e2e
