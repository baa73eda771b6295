#include "tests/policy/real_allowlists.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

// The columns of a line of quoted fields; none of URLhaus's holds an escaped quote.
std::vector<std::string_view> Columns(std::string_view line) {
  std::vector<std::string_view> columns;
  for (std::size_t at = line.find('"'); at != std::string_view::npos;) {
    const std::size_t end = line.find('"', at + 1);
    if (end == std::string_view::npos) break;
    columns.push_back(line.substr(at + 1, end - at - 1));
    at = line.find('"', end + 1);
  }
  return columns;
}

// The URLs of URLhaus's CSV with the times it saw each.
std::vector<Observation> UrlhausRows(std::string_view csv) {
  std::vector<Observation> rows;
  while (!csv.empty()) {
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    const auto columns = Columns(csv.substr(0, end));
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (columns.size() != 9) continue;
    const auto url = Url::Parse(columns[2]);
    const auto added = ParseTime(columns[1]);
    if (!url || !added) continue;
    rows.push_back(Bench::Seen(url->text(), *added));
  }
  return rows;
}

// All that is asked of one host, as the engine would ask it: of the URL, then of its host.
class RealAllowlistsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name :
         {"warninglists", "psl/public_suffix_list.dat", "urlhaus/csv_recent_2026-03-15.csv.zst"}) {
      if (!std::filesystem::exists(RealDataPath(name))) {
        GTEST_SKIP() << RealDataPath(name) << " is absent: set SEKISHO_REAL_DATA";
      }
    }
    suffixes_.emplace(
        *PublicSuffixList::Parse(ReadWholeFile(RealDataPath("psl/public_suffix_list.dat"))));
    allowlist_.emplace(CompileRealLists(*suffixes_));
    // Every row of the dump counts: the lists are what is tested here.
    bench_.policy.ages.domain = bench_.policy.ages.ip = bench_.policy.ages.url =
        std::chrono::hours(24 * 365);
  }

  Decision Decide(const Indicator& indicator, const Observation& seen) const {
    const SourcedObservation sourced{&bench_.feed, &seen};
    return Evaluate({&indicator, {&sourced, 1}}, bench_.policy, *allowlist_, *suffixes_,
                    bench_.now);
  }

  Decision DecideName(std::string_view text) const {
    const Observation seen = Bench::Seen(text, bench_.now);
    return Decide(seen.indicator, seen);
  }

  Bench bench_;
  std::optional<PublicSuffixList> suffixes_;
  std::optional<Allowlist> allowlist_;
};

TEST_F(RealAllowlistsTest, EveryListLoadsExceptThoseOfSubstringsAndHashes) {
  std::set<std::string> refused;
  std::map<std::string, std::size_t> entries;
  std::map<std::string, std::size_t> rejected;
  for (const auto& folder : std::filesystem::directory_iterator(RealDataPath("warninglists"))) {
    if (!folder.is_directory()) continue;
    const std::string name = folder.path().filename();
    const auto parsed = ParseMispWarninglist(ReadWholeFile(RealListPath(name)));
    if (!parsed) {
      refused.insert(name);
      EXPECT_EQ(parsed.error().code, ErrorCode::not_allowed) << parsed.error().detail;
      continue;
    }
    entries[name] = parsed->entries.size();
    for (const RejectedLine& line : parsed->rejected) EXPECT_FALSE(line.reason.empty());
    if (!parsed->rejected.empty()) rejected[name] = parsed->rejected.size();
  }
  EXPECT_EQ(refused,
            (std::set<std::string>{"automated-malware-analysis", "common-ioc-false-positive",
                                   "disposable-email", "empty-hashes", "microsoft-attack-simulator",
                                   "ti-falsepositives"}));
  EXPECT_EQ(entries["tranco10k"] + rejected["tranco10k"], 10'000u);
  EXPECT_EQ(entries["dynamic-dns"] + rejected["dynamic-dns"], 35'467u);
  EXPECT_EQ(entries["vpn-ipv4"], 42'426u);
  EXPECT_EQ(entries["public-dns-v4"], 62'745u);
  EXPECT_EQ(entries["umbrella-blockpage-v6"], 6u);
  EXPECT_EQ(entries["tlds"], 1'438u);
  for (const auto& [name, count] : rejected) {
    RecordProperty("rejected_" + name, std::to_string(count));
  }
}

TEST_F(RealAllowlistsTest, GithubIsBlockedByUrlOnly) {
  EXPECT_TRUE(IsDroppedFor(DecideName("github.com"), ReasonCode::allowlisted));
  EXPECT_TRUE(IsDroppedFor(DecideName("https://github.com/"), ReasonCode::whole_site_url));
  EXPECT_EQ(TargetsOf(DecideName("https://github.com/a/b/x.zip")),
            std::vector<std::string>{"url https://github.com/a/b/x.zip"});
}

TEST_F(RealAllowlistsTest, ChildrenOfPublicSuffixesOnTopListsStayBlockable) {
  for (const auto* text : {"evil-1a2b3c.duckdns.org", "trace-44-alpha.froidelumiere.in.net",
                           "evil-1a2b3c.pages.dev", "evil-1a2b3c.r2.dev"}) {
    const Decision decision = DecideName(text);
    EXPECT_EQ(decision.outcome, Outcome::proposed)
        << text << ": " << decision.reasons.front().detail;
  }
  for (const auto* text : {"duckdns.org", "in.net", "pages.dev"}) {
    EXPECT_EQ(DecideName(text).outcome, Outcome::dropped) << text;
  }
}

TEST_F(RealAllowlistsTest, NoHostOnAHardListIsProposedWhileItsUrlsAre) {
  const auto rows =
      UrlhausRows(Decompressed(RealDataPath("urlhaus/csv_recent_2026-03-15.csv.zst")));
  ASSERT_GT(rows.size(), 19'000u) << "is zstd installed?";
  std::map<std::string, std::size_t> count;
  std::set<std::string> github_targets;
  std::set<std::string> children_proposed;
  // By what the host is (the category and effect of its strongest hit) and what is proposed.
  std::map<std::pair<std::string, std::string>, std::size_t> confusion;
  for (const Observation& row : rows) {
    const Url& url = std::get<Url>(row.indicator);
    const Decision of_url = Decide(row.indicator, row);
    const Indicator host = HostOf(url);
    const Decision of_host = Decide(host, row);
    ASSERT_FALSE(of_url.reasons.empty());
    ASSERT_FALSE(of_host.reasons.empty());
    ++count["url " + std::string(Name(of_url.reasons.front().code))];
    ++count["host " + std::string(Name(of_host.reasons.front().code))];

    const auto hits = allowlist_->Find(url.host());
    const std::string what = hits.empty() ? "on no list"
                                          : std::string(Name(hits.front().source->effect)) + " " +
                                                std::string(Name(hits.front().source->category));
    ++confusion[{what, of_host.outcome == Outcome::proposed  ? "host"
                       : of_url.outcome == Outcome::proposed ? "url"
                                                             : "nothing"}];

    // Exactly one of the two scopes is left, or none.
    ASSERT_FALSE(of_url.outcome == Outcome::proposed && of_host.outcome == Outcome::proposed)
        << url.text();
    if (of_host.outcome != Outcome::proposed) {
      for (const Indicator& target : of_url.targets) {
        ASSERT_EQ(target, row.indicator);
        if (TextOf(host) == "github.com") github_targets.insert(LineOf(target));
      }
      continue;
    }
    for (const AllowHit& hit : allowlist_->Find(url.host())) {
      ASSERT_EQ(hit.source->effect, AllowEffect::review)
          << TextOf(host) << " is on " << hit.source->name;
    }
    ASSERT_TRUE(IsDroppedFor(of_url, ReasonCode::covered_by_host)) << url.text();
    for (const auto* suffix : {".duckdns.org", ".in.net"}) {
      if (TextOf(host).ends_with(suffix)) children_proposed.insert(suffix);
    }
  }
  EXPECT_GT(github_targets.size(), 350u);
  EXPECT_EQ(children_proposed, (std::set<std::string>{".duckdns.org", ".in.net"}));
  std::size_t total = 0;
  for (const auto& [cell, rows_of_it] : confusion) {
    const auto& [what, proposed] = cell;
    std::printf("%8zu %-30s proposed: %s\n", rows_of_it, what.c_str(), proposed.c_str());
    total += rows_of_it;
    EXPECT_FALSE(proposed == "host" && (what.starts_with("never") || what.starts_with("url-only")))
        << rows_of_it << " rows of " << what;
    EXPECT_FALSE(proposed == "url" && (what.starts_with("never") || what == "on no list"))
        << rows_of_it << " rows of " << what;
  }
  EXPECT_EQ(total, rows.size());
  for (const auto& [reason, rows_of_it] : count) {
    std::printf("%8zu %s\n", rows_of_it, reason.c_str());
  }
}

}  // namespace
}  // namespace policy
