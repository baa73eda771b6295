#include <gtest/gtest.h>

#include <set>
#include <string>

#include "cli/observed_file.h"
#include "proto/convert.h"
#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

std::string FileIn(const platform::testing::TemporaryFolder& folder, const std::string& name) {
  return (folder / name).string();
}

TEST_F(CliTest, ObserveSendsWhatIsTyped) {
  const Outcome outcome =
      Run("observe evil[.]example 192.0.2.1 --feed desk --confidence 0 --threat c2 --valid-until "
          "2030-01-01T00:00:00Z");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "TAKEN  REFUSED\n2      0\n");
  ASSERT_EQ(agent_.feeds.pushes.size(), 1U);
  const v1::ObserveRequest& request = agent_.feeds.pushes[0];
  EXPECT_EQ(request.feed(), "desk");
  EXPECT_EQ(request.request_id().size(), 32U);
  EXPECT_EQ(request.observations(0).indicator(), "evil[.]example");
  EXPECT_TRUE(request.observations(1).has_confidence());
  EXPECT_EQ(request.observations(1).threat(), "c2");
  EXPECT_EQ(policy::FormatTime(proto::FromTimestamp(request.observations(1).valid_until()).value()),
            "2030-01-01T00:00:00Z");
}

TEST_F(CliTest, ObserveReadsStandardInputAndSaysWhichRowIsNoGood) {
  typed_ = "# mine\nevil.example\n\nno good\n";
  const Outcome outcome = Run("observe --feed desk --file -");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "TAKEN  REFUSED\n1      1\n");
  EXPECT_EQ(outcome.err, "refused: row 4: no good: no indicator\n");
}

TEST_F(CliTest, ObserveAllOrNothingTakesNothing) {
  const Outcome outcome =
      RunWords({"observe", "--feed", "desk", "--all-or-nothing", "evil.example", "no good"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "TAKEN  REFUSED\n0      1\n");
  EXPECT_NE(outcome.err.find("nothing was taken"), std::string::npos) << outcome.err;
}

TEST_F(CliTest, ObserveSendsTenThousandACallEachWithAnIdOfItsOwn) {
  for (int i = 0; i < 20'001; ++i) typed_ += "d" + std::to_string(i) + ".example\n";
  const Outcome outcome = Run("observe --feed desk --file -");
  EXPECT_EQ(outcome.out, "TAKEN  REFUSED\n20001  0\n") << outcome.err;
  ASSERT_EQ(agent_.feeds.pushes.size(), 3U);
  std::set<std::string> ids;
  for (const auto& request : agent_.feeds.pushes) ids.insert(request.request_id());
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(agent_.feeds.pushes[2].observations_size(), 1);
  EXPECT_EQ(Run("observe --feed desk --file - --all-or-nothing").code, 2);
}

TEST_F(CliTest, ObserveRepeatsARequestUnderItsId) {
  agent_.feeds.failures = 1;
  EXPECT_EQ(Run("observe --feed desk evil.example").code, 0);
  ASSERT_EQ(agent_.feeds.pushes.size(), 2U);
  EXPECT_EQ(agent_.feeds.pushes[0].request_id(), agent_.feeds.pushes[1].request_id());
}

TEST_F(CliTest, ObserveReadsCsvAndJson) {
  WriteFile("a.csv",
            "indicator,confidence,last_seen,malware,withdrawn\r\n"
            "evil.example,70,2026-11-24T10:00:00Z,\"a, \"\"b\"\"\",\r\n"
            "other.example,,,,true\n");
  EXPECT_EQ(Run("observe --feed desk --format csv --file " + FileIn(folder_, "a.csv")).code, 0);
  const v1::ObserveRequest csv = agent_.feeds.pushes.at(0);
  EXPECT_EQ(csv.observations(0).confidence(), 70U);
  EXPECT_EQ(csv.observations(0).malware(), "a, \"b\"");
  EXPECT_TRUE(csv.observations(0).has_last_seen());
  EXPECT_FALSE(csv.observations(1).has_confidence());
  EXPECT_TRUE(csv.observations(1).withdrawn());
  WriteFile("a.json", R"([{"indicator": "evil.example", "last_seen": "2026-11-24T10:00:00Z"}])");
  EXPECT_EQ(Run("observe --feed desk --format json --file " + FileIn(folder_, "a.json")).code, 0);
  EXPECT_EQ(agent_.feeds.pushes.at(1).observations(0).indicator(), "evil.example");
  EXPECT_TRUE(agent_.feeds.pushes.at(1).observations(0).has_last_seen());
}

TEST_F(CliTest, ObserveWithoutAnythingOrAFeedIsAMistake) {
  EXPECT_EQ(Run("observe --feed desk").code, 2);
  EXPECT_EQ(Run("observe evil.example").code, 2);
  EXPECT_EQ(Run("observe --feed desk --file /nowhere").code, 2);
  EXPECT_EQ(Run("observe --feed desk --valid-until soon evil.example").code, 2);
  EXPECT_TRUE(agent_.feeds.pushes.empty());
}

TEST(ObservedFileTest, NamesTheLineThatIsNoGood) {
  const auto error = [](const char* text, const char* format) {
    const auto rows = ReadObserved(text, format);
    return rows ? std::string("none") : rows.error().detail;
  };
  EXPECT_EQ(error("indicator\na\n\"b\n", "csv"), "line 3: a quote is not closed");
  EXPECT_EQ(error("indicator,confidence\na,x\n", "csv"), "line 2: \"x\" is no confidence");
  EXPECT_EQ(error("indicator,confidence\na\n", "csv"), "line 2: it has 1 fields, the first line 2");
  EXPECT_EQ(error("evil.example\n", "csv"), "line 1: there is no column \"evil.example\"");
  EXPECT_TRUE(error("{\"indicator\":\"a\"}\n{", "json").starts_with("line 2: "));
  EXPECT_NE(error("[{\"who\":1}]", "json"), "none");
  EXPECT_EQ(error("", "json"), "none");
}

}  // namespace
}  // namespace cli::testing
