// The sample feeds that a first run shows.
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "agent/feeds/plain_list.h"
#include "agent/feeds/urlhaus.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

const policy::TimePoint now = *policy::ParseTime("2026-03-15T12:00:00Z");

std::string ReadSample(const std::string& name) {
  return ReadWholeFile(std::filesystem::path(SEKISHO_SOURCE_DIR) / "config/sample" / name);
}

// What deploy/dev/run.sh does.
std::string WithTimes(const std::string& text) {
  const std::regex placeholder("@NOW-([0-9]+[mhd])@");
  std::string out;
  std::size_t at = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), placeholder), end; it != end; ++it) {
    const auto position = static_cast<std::size_t>(it->position());
    out += text.substr(at, position - at);
    std::string time = policy::FormatTime(now - *policy::ParseDuration((*it)[1].str()));
    time[10] = ' ';
    time.pop_back();
    out += time;
    at = position + static_cast<std::size_t>(it->length());
  }
  return out + text.substr(at);
}

TEST(SampleFeeds, UrlhausIsReadToTheLastRow) {
  const auto snapshot = ParseUrlhausCsv(WithTimes(ReadSample("urlhaus.csv.in")), now, 1000);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.size(), 14U);
  EXPECT_TRUE(snapshot->rejected.empty());
}

TEST(SampleFeeds, CommunityListIsReadToTheLastRow) {
  const auto snapshot = ParsePlainList(ReadSample("community.txt"), now, 1000);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.size(), 7U);
  EXPECT_TRUE(snapshot->rejected.empty());
}

}  // namespace
}  // namespace agent::feeds
