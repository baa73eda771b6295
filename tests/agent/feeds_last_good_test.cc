#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/feeds/last_good.h"
#include "policy/digest.h"
#include "tests/platform/temporary_folder.h"

namespace agent::feeds {
namespace {

namespace fs = std::filesystem;
using policy::ErrorCode;

AcceptedFile FileOf(std::string_view bytes) {
  const policy::TimePoint time = *policy::ParseTime("2026-03-15T12:00:00Z");
  return {.url = "https://feed.example/list",
          .format = "plain",
          .etag = "\"v1\"",
          .last_modified = "Sun, 15 Mar 2026 12:00:00 GMT",
          .sha256 = policy::ToHex(policy::Sha256Of(bytes)),
          .accepted_at = time,
          .fetched_at = time + std::chrono::hours(1),
          .history = {{3, 4}, time - std::chrono::hours(1)}};
}

class LastGoodTest : public ::testing::Test {
 protected:
  LastGoodFolder Open(const std::string& name = "list") {
    return *LastGoodFolder::Open(folder_.path(), name);
  }
  fs::path BytesPath(std::string_view bytes) {
    return folder_ / ("list." + FileOf(bytes).sha256 + ".good");
  }
  void Write(const fs::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::size_t Count() {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
  }

  platform::testing::TemporaryFolder folder_;
};

TEST_F(LastGoodTest, GivesBackAllThatWasSaved) {
  ASSERT_TRUE(Open().Save(FileOf("a\n"), "a\n"));
  const auto loaded = Open().Load();
  ASSERT_TRUE(loaded) << loaded.error().detail;
  const AcceptedFile expected = FileOf("a\n");
  EXPECT_EQ(loaded->bytes, "a\n");
  EXPECT_EQ(loaded->file.url, expected.url);
  EXPECT_EQ(loaded->file.format, expected.format);
  EXPECT_EQ(loaded->file.etag, expected.etag);
  EXPECT_EQ(loaded->file.last_modified, expected.last_modified);
  EXPECT_EQ(loaded->file.sha256, expected.sha256);
  EXPECT_EQ(loaded->file.accepted_at, expected.accepted_at);
  EXPECT_EQ(loaded->file.fetched_at, expected.fetched_at);
  EXPECT_EQ(loaded->file.history.rows, expected.history.rows);
  EXPECT_EQ(loaded->file.history.newest_seen, expected.history.newest_seen);
}

TEST_F(LastGoodTest, KeepsNothingButTheNewestPair) {
  ASSERT_TRUE(Open("list2").Save(FileOf("other\n"), "other\n"));
  ASSERT_TRUE(Open().Save(FileOf("a\n"), "a\n"));
  ASSERT_TRUE(Open().Save(FileOf("b\n"), "b\n"));
  EXPECT_EQ(Open().Load()->bytes, "b\n");
  EXPECT_EQ(Open("list2").Load()->bytes, "other\n");
  EXPECT_EQ(Count(), 4U);
}

TEST_F(LastGoodTest, StillHasTheOldPairWhenPowerFailedBeforeTheNewOneCounted) {
  ASSERT_TRUE(Open().Save(FileOf("old\n"), "old\n"));
  Write(BytesPath("new\n"), "new\n");  // as Save does first
  EXPECT_EQ(Open().Load()->bytes, "old\n");
}

TEST_F(LastGoodTest, SaysThatThereIsNoneBeforeTheFirst) {
  EXPECT_EQ(Open().Load().error().code, ErrorCode::not_found);
}

TEST_F(LastGoodTest, DoesNotTakeDamagedBytesOrDamagedJson) {
  const AcceptedFile file = FileOf("a\n");
  ASSERT_TRUE(Open().Save(file, "a\n"));
  Write(BytesPath("a\n"), "b\n");
  EXPECT_EQ(Open().Load().error().code, ErrorCode::corrupt);
  fs::remove(BytesPath("a\n"));
  EXPECT_EQ(Open().Load().error().code, ErrorCode::corrupt);
  EXPECT_FALSE(Open().Holds(file));
  for (const char* json : {"", "{}", "[]", "{\"url\": 1}", "{\"sha256\": \"../../etc/passwd\"}"}) {
    Write(folder_ / "list.json", json);
    EXPECT_EQ(Open().Load().error().code, ErrorCode::corrupt) << json;
  }
}

TEST_F(LastGoodTest, TakesNoNameThatIsAPath) {
  for (const std::string& name :
       {std::string("../../etc/x"), std::string("a/b"), std::string("."), std::string(),
        std::string("a\0b", 3), std::string("a.b"), std::string(65, 'a')}) {
    EXPECT_EQ(LastGoodFolder::Open(folder_.path(), name).error().code, ErrorCode::malformed_input);
  }
}

TEST_F(LastGoodTest, SurvivesAnETagThatIsNotUtf8) {
  AcceptedFile file = FileOf("a\n");
  file.etag = "\"\xff\"";
  ASSERT_TRUE(Open().Save(file, "a\n"));
  EXPECT_TRUE(Open().Load());
}

}  // namespace
}  // namespace agent::feeds
