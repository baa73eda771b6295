// The configuration that we ship, with what it comments out.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "agent/settings.h"
#include "platform/atomic_file.h"
#include "tests/platform/temporary_folder.h"
#include "tests/policy/real_allowlists.h"

namespace agent {
namespace {

namespace fs = std::filesystem;
using feeds::SourceKind;
using policy::AllowCategory;
using policy::AllowEffect;
using policy::IndicatorKind;
using Kinds = std::vector<IndicatorKind>;

const fs::path source_dir = SEKISHO_SOURCE_DIR;

// What every agent needs, and a page, which some sections are about.
const std::string least =
    "data_dir: data\nlisten: 127.0.0.1:7443\nhistory_origin: sekisho.test/history\n"
    "tls: {certificate: a.pem, key: a.key, client_ca: ca.pem}\n"
    "policy: {version: \"1\"}\nlists: [{name: dns, kinds: [domain]}]\n"
    "devices: [{name: dns1, list: dns, identity: dns1.test}]\n"
    "feeds: [{name: f, url: \"https://f.test/\", format: plain, reliability: 50}]\n"
    "allowlists: []\naccess: {}\nweb: {listen: 127.0.0.1:0, origin: \"https://s.test\"}\n";

class ExampleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto settings = LoadSettings(source_dir / "config/agent.example.yaml");
    ASSERT_TRUE(settings) << settings.error().detail;
    settings_ = *std::move(settings);
  }

  std::optional<AgentSettings> settings_;
};

TEST_F(ExampleTest, HasNoMistake) {
  EXPECT_EQ(settings_->engine.world.feeds.size() + settings_->engine.world.allowlists.size(),
            settings_->sources.size());
}

TEST_F(ExampleTest, ShowsTheDefaultsThatItNames) {
  const auto policy = settings_->engine.policy;
  EXPECT_EQ(policy.confidence_min.percent(), 50);
  EXPECT_EQ(policy.lifetime_default, std::chrono::hours(24 * 7));
  EXPECT_EQ(settings_->engine.changes.entries_min, 50U);
}

// The section that is commented out under that key, without its marks.
std::string CommentedSection(const std::string& text, const std::string& key) {
  const auto start = text.find("\n# " + key + ":\n");
  if (start == text.npos) return "";
  std::istringstream lines(text.substr(start + 1));
  std::string section;
  for (std::string line; std::getline(lines, line) && line.starts_with("# ");) {
    section += line.substr(2) + "\n";
  }
  return section;
}

TEST_F(ExampleTest, WhatItCommentsOutIsGoodOnceThatIsTakenAway) {
  const auto text = platform::ReadFile(source_dir / "config/agent.example.yaml", 1'000'000).value();
  const platform::testing::TemporaryFolder folder;
  for (const char* key :
       {"unblock_requests", "notifications", "queue", "brake", "traffic", "accounts", "oidc"}) {
    const std::string section = CommentedSection(text, key);
    ASSERT_FALSE(section.empty()) << key;
    ASSERT_TRUE(platform::WriteFileAtomically(folder / "agent.yaml", least + section));
    const auto settings = LoadSettings(folder / "agent.yaml");
    EXPECT_TRUE(settings) << key << ": " << settings.error().detail;
  }
}

// The fetcher keeps a file of each name, and wants names that every file system takes.
TEST_F(ExampleTest, EverySourceCanBeOpened) {
  const platform::testing::TemporaryFolder folder;
  platform::CurlHttpClient client("Sekisho");
  for (const auto& source : settings_->sources) {
    const auto fetcher = feeds::FeedFetcher::Open(source, folder.path(), client);
    EXPECT_TRUE(fetcher) << source.name << ": " << fetcher.error().detail;
  }
}

TEST_F(ExampleTest, FetchesOverTlsOrFromItsOwnDisk) {
  for (const auto& source : settings_->sources) {
    const bool is_own = source.url.starts_with("file:///etc/sekisho/allowlist/");
    EXPECT_TRUE(source.url.starts_with("https://") || is_own) << source.url;
    EXPECT_EQ(source.allow_file, is_own) << source.name;
    EXPECT_FALSE(source.allow_private) << source.name;
    EXPECT_TRUE(source.auth_file.empty()) << source.name;
    if (!is_own) continue;
    const auto shipped = source_dir / "config/allowlist" / fs::path(source.url).filename();
    EXPECT_TRUE(fs::exists(shipped)) << shipped;
  }
}

TEST_F(ExampleTest, HasTheWarninglistsThatThePolicyIsTestedWith) {
  using Row = std::tuple<std::string, AllowCategory, AllowEffect>;
  const std::string front = "https://raw.githubusercontent.com/MISP/misp-warninglists/main/lists/";
  std::set<Row> expected;
  for (const RealList& list : RealLists()) {
    expected.emplace(front + list.folder + "/list.json", list.category, list.effect);
  }
  std::set<Row> found;
  for (const AllowlistSettings& list : settings_->engine.world.allowlists) {
    const auto source =
        std::find_if(settings_->sources.begin(), settings_->sources.end(), [&](const auto& each) {
          return each.kind == SourceKind::allowlist && each.name == list.source.name;
        });
    ASSERT_NE(source, settings_->sources.end()) << list.source.name;
    if (!source->url.starts_with(front)) continue;
    EXPECT_EQ(source->format.name, "misp-warninglist") << source->name;
    found.emplace(source->url, list.source.category, list.source.effect);
  }
  EXPECT_EQ(found, expected);
}

// One that is refused at first keeps everybody from approving anything.
TEST_F(ExampleTest, TakesInEveryWarninglistAsItIs) {
  if (!fs::exists(RealDataPath("warninglists"))) {
    GTEST_SKIP() << RealDataPath("warninglists") << " is absent: set SEKISHO_REAL_DATA";
  }
  const auto format = feeds::FindAllowlistFormat("misp-warninglist");
  ASSERT_TRUE(format);
  for (const RealList& list : RealLists()) {
    const auto source = std::find_if(settings_->sources.begin(), settings_->sources.end(),
                                     [&](const auto& each) { return each.name == list.folder; });
    ASSERT_NE(source, settings_->sources.end()) << list.folder;
    const std::string bytes = ReadWholeFile(RealListPath(list.folder));
    const auto parsed = format->parse(bytes, policy::TimePoint{}, source->limits.rows_max);
    ASSERT_TRUE(parsed) << list.folder << ": " << parsed.error().detail;
    const auto judged = feeds::JudgeFetch({}, parsed->summary, source->limits);
    EXPECT_TRUE(judged) << list.folder << ": " << judged.error().detail;
    EXPECT_LE(bytes.size(), source->body_size_max) << list.folder;
  }
}

TEST_F(ExampleTest, GivesEachFamilyOfDevicesWhatItCanEnforce) {
  const auto& lists = settings_->engine.lists;
  ASSERT_EQ(lists.size(), 3U);
  EXPECT_EQ(lists[0].kinds, (Kinds{IndicatorKind::domain, IndicatorKind::ip}));
  EXPECT_EQ(lists[1].kinds, (Kinds{IndicatorKind::domain, IndicatorKind::ip, IndicatorKind::url}));
  EXPECT_EQ(lists[2].kinds, (Kinds{IndicatorKind::ip}));
  EXPECT_EQ(settings_->devices.size(), 3U);
}

}  // namespace
}  // namespace agent
